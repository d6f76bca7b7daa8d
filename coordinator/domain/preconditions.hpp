#pragma once

#include "coordinator/domain/observation.hpp"
#include "coordinator/domain/operation.hpp"

namespace standin::domain {

// Preconditions for rules 1, 2 and 5, checked in the only place where steps are started. Each function returns what is
// violated, or null if the step may be started.

const char* mayFence(const Operation& operation, const Observation& observation);
const char* mayGiveSegment(const Operation& operation, const Observation& observation);
const char* mayGiveSegmentToSpare(const Operation& operation, const Observation& observation);
/// Rules 1 and 8: a cancelled failover gives the segment back only if nobody else may have it, and the server has
/// power.
const char* mayUnfencePort(const Operation& operation, const Observation& observation);
/// The spare is leased, carries no stand-in, and its power was read back as off: its disk will be overwritten.
const char* mayWriteSpare(const Operation& operation, const Observation& observation);
const char* mayStartSpare(const Operation& operation, const Observation& observation);
const char* maySwitchSpareOff(const Operation& operation, const Observation& observation);

}  // namespace standin::domain
