#pragma once

#include "coordinator/domain/observation.hpp"
#include "coordinator/domain/operation.hpp"

namespace standin::domain {

// Rules 1, 2 and 5, asked in the only place where steps are started. Each returns what is not as it has to be before
// the step may be started; null: it is safe.

const char* mayGiveSegment(const Operation& operation, const Observation& observation);
const char* mayGiveSegmentToSpare(const Operation& operation, const Observation& observation);
/// Leased, without a stand-in on it, and read back as off: its disk is overwritten.
const char* mayWriteSpare(const Operation& operation, const Observation& observation);
const char* mayStartSpare(const Operation& operation, const Observation& observation);
const char* maySwitchSpareOff(const Operation& operation, const Observation& observation);

}  // namespace standin::domain
