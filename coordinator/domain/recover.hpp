#pragma once

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// What a journaled operation means to a coordinator that starts: a step that was running is unknown (it may have
/// happened, and is observed again), and nobody's patience ran, and nobody was silent, while nobody was there. There is
/// no other recovery: decide() goes on from here.
inline void recover(Operation& operation, base::WallTime now) {
    for (auto& shared : operation.steps) {
        if (shared->state == StepState::Planned || shared->state == StepState::Done) continue;
        Step& step = shared.own();
        step.patience_from = now;
        if (step.silent_since != base::WallTime{}) step.silent_since = now;
        if (step.state != StepState::Running) continue;
        step.state = StepState::Unknown;
        if (step.id.name == StepName::ReviveStandIn) step.found.clear();  // it is asked anew
        step.error = base::ErrorCode::TimedOut;
        step.ended = base::WallTime{};  // due at once
        step.message = "the coordinator was started again meanwhile";
    }
}

}  // namespace standin::domain
