#pragma once

#include <string>

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// Sets an operation aside that this program cannot handle, because deciding on it failed or crashed the coordinator.
/// It rests until a person has looked at it. It may be in any state with its steps in any progress, so the table of
/// transitions has no row for this. Running steps become unknown; confirmed steps stay confirmed, so a retry continues
/// from there.
inline void setAside(Operation& operation, const std::string& why, const std::string& cure, base::WallTime now) {
    for (auto& shared : operation.steps) {
        if (shared->state != StepState::Running) continue;
        Step& step = shared.own();
        step.state = StepState::Unknown;
        step.error = base::ErrorCode::TimedOut;
        step.ended = now;
        step.message = "its operation was set aside meanwhile";
    }
    operation.state = State::NeedsOperator;
    operation.why = why;
    operation.cure = cure;
    operation.ended_at = now;
}

}  // namespace standin::domain
