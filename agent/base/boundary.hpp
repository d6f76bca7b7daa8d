#pragma once

#include <exception>
#include <string>
#include <type_traits>

#include "agent/base/result.hpp"

namespace standin::base {

/// What is being thrown, for a log line; only within a handler (`catch`).
std::string currentException() noexcept;

/// Runs `work` where no exception may pass: at the top of a thread, in a callback of a C library, around one request or
/// one task. What is thrown there (memory or descriptors that ran out, a defect) becomes an error with code Internal,
/// and the caller goes on.
template <typename Work>
Result<void> contained(Work&& work) noexcept {
    try {
        work();
        return {};
    } catch (...) {
        return failure(ErrorCode::Internal, currentException());
    }
}

}  // namespace standin::base
