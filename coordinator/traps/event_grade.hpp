#pragma once

#include "coordinator/traps/grade.hpp"
#include "coordinator/traps/pet.hpp"

namespace standin::traps {

/// What an event in IPMI's numbers means for the server's job. The event decides. Its severity, which is set by whoever
/// filled the BMC's filter table and often for a whole class of events, only lowers; it raises a critical threshold of
/// a sensor without which no server runs, and only where it says 'non-recoverable'.
Grade gradeOf(const PlatformEvent& event);

}  // namespace standin::traps
