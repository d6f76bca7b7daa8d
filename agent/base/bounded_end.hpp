#pragma once

#include <chrono>

#include "agent/base/log.hpp"

namespace standin::base {

/// Ends this process within `limit` from now, even if its threads hang. That is safe: what is durable is already
/// written, and the program copes with a crash at any moment. Called once, when the program was asked to stop; the
/// orderly end that follows usually takes milliseconds.
void endWithin(std::chrono::milliseconds limit, const Log& log);

/// A service manager or a cluster manager waits no longer than 5 s.
inline constexpr std::chrono::milliseconds longest_end{4500};

}  // namespace standin::base
