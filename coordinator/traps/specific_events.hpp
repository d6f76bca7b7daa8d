#pragma once

#include <optional>

#include "coordinator/traps/grade.hpp"
#include "coordinator/traps/pet.hpp"

namespace standin::traps {

/// What an asserted event that is specific to its sensor type (event type 0x6f; IPMI 2.0, table 42-3) means, severity
/// left aside except where the event alone says too little. Absent: the table has no such event, or has nothing of it
/// that is certain. Precondition: the event is of that type and decodable.
std::optional<Grade> specificGrade(const PlatformEvent& event);

}  // namespace standin::traps
