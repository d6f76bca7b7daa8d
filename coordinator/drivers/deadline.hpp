#pragma once

#include <chrono>

namespace standin::drivers {

/// How long a driver may take before it gives up with TimedOut ('may have happened'). Drivers do not retry; the engine
/// does.
using Deadline = std::chrono::milliseconds;

}  // namespace standin::drivers
