#pragma once

#include <string>

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// An operation that this program cannot handle (deciding on it failed, or brought the program down): it rests until a
/// person has looked. It may be in any state and its steps in any course, so this is no row of the table of
/// transitions. What was running is unknown; whatever was confirmed stays confirmed, so a retry goes on from there.
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
