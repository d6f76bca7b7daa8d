#pragma once

#include <map>
#include <string>

#include "coordinator/domain/operation.hpp"

namespace standin::engine {

/// The failover's phases in milliseconds, as far as they have happened: detect, fence_port, resume, segment, announce,
/// first_answer, fence_power, restore, spare_boot, hold, drain, handover. Each but `detect` is the duration of its
/// part; `detect` runs from the trap's arrival to the durable intent, `first_answer` is the stand-in's answer to the
/// probe, counted from its resumption.
std::map<std::string, double> phasesOf(const domain::Operation& operation);

/// From the trap's arrival until the stand-in (or, on the cold path, the spare) owned the segment; absent until then.
std::optional<double> takeoverMs(const domain::Operation& operation);

}  // namespace standin::engine
