#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "agent/base/result.hpp"

namespace standin::what_if {

/// What `work` returns, computed in a child of this process: it sees everything as it is now, can change nothing, comes
/// last for the processor, and cannot take this process with it when it goes wrong. One at a time: Conflict otherwise.
/// TimedOut: killed after `patience`. Internal: it died.
base::Result<std::string> inSeparateProcess(const std::function<std::string()>& work,
                                            std::chrono::milliseconds patience);

}  // namespace standin::what_if
