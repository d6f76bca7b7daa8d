#pragma once

#include <map>
#include <optional>
#include <string>

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// The phases of the failover's present attempt in milliseconds, as far as they have ended in it: detect, fence_port,
/// resume, segment, announce, first_answer, fence_power, restore, spare_boot, hold, drain, handover. Each but `detect`
/// is the duration of its part; `detect` runs from the trap's arrival to the durable intent, `first_answer` is the
/// stand-in's answer to the probe, counted from its resumption. Those of earlier attempts: Operation::past_attempts.
std::map<std::string, double> phasesOf(const Operation& operation);

/// From the trap's arrival until the segment first had a new owner (the stand-in or, on the cold path, the spare),
/// however often the failover was retried since; absent until then.
std::optional<double> takeoverMs(const Operation& operation);

}  // namespace standin::domain
