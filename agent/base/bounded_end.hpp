#pragma once

#include <chrono>

#include "agent/base/log.hpp"

namespace standin::base {

/// From now on this process ends within `limit`, whatever its threads hang in: what is durable is so already, and a
/// crash at any moment is provided for. Called once, when the program was asked to end; the orderly end that
/// follows is usually done in milliseconds.
void endWithin(std::chrono::milliseconds limit, const Log& log);

/// A service manager or a cluster manager waits no longer than 5 s.
inline constexpr std::chrono::milliseconds longest_end{4500};

}  // namespace standin::base
