#pragma once

#include "coordinator/traps/grade.hpp"
#include "coordinator/traps/pet.hpp"

namespace standin::traps {

/// The grade of an event with IPMI's numbers. The event decides. Its severity, which is set by the author of the BMC's
/// filter table and often for a whole class of events, can only lower the grade; it raises it only for a critical
/// threshold of a sensor without which no server runs, and only if it is 'non-recoverable'.
Grade gradeOf(const PlatformEvent& event);

}  // namespace standin::traps
