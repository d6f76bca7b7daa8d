#pragma once

#include "coordinator/domain/decide.hpp"

namespace standin::domain {

/// Adapts a journaled operation when the coordinator starts. A step that was running becomes unknown: it may have
/// happened, and is observed again. Time limits are absolute and were not extended while the coordinator was down, but
/// each leaves at least StepLimits::after_restart. The downtime does not count as an agent's silence. There is no other
/// recovery code: decide() continues from here.
void recover(Operation& operation, const Observation& observation, base::WallTime now);

}  // namespace standin::domain
