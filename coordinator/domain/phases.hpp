#pragma once

#include <map>
#include <optional>
#include <string>

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// The durations of the phases of the failover's present attempt, in milliseconds, for the phases that have ended:
/// detect, fence_port, resume, segment, announce, first_answer, fence_power, restore, spare_boot, hold, drain,
/// handover. `detect` runs from the trap's arrival to the durable intent; `first_answer` is counted from the stand-in's
/// resumption to its answer to the probe; every other one is the duration of its part. Earlier attempts are in
/// Operation::past_attempts.
std::map<std::string, double> phasesOf(const Operation& operation);

/// From the trap's arrival until the segment first had a new owner (the stand-in or, on the cold path, the spare),
/// regardless of later retries; nullopt until then.
std::optional<double> takeoverMs(const Operation& operation);

}  // namespace standin::domain
