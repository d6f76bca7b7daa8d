#pragma once

#include "coordinator/domain/decide.hpp"

namespace standin::domain {

/// What a journaled operation means to a coordinator that starts: a step that was running is unknown (it may have
/// happened, and is observed again). Limits are moments, and have run on while nobody was there; a little time is left
/// in any case (StepLimits::after_restart). Nobody was silent meanwhile. There is no other recovery: decide() goes on
/// from here.
void recover(Operation& operation, const Observation& observation, base::WallTime now);

}  // namespace standin::domain
