#pragma once

#include <exception>
#include <string>
#include <type_traits>

#include "agent/base/result.hpp"

namespace standin::base {

/// Description of the exception being handled, for a log line; only within a `catch`.
std::string currentException() noexcept;

/// Runs `work` at a boundary that no exception may pass: the top of a thread, a callback of a C library, one request or
/// one task. An exception (out of memory or descriptors, a defect) becomes an error with code Internal, and the caller
/// continues.
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
