#include "coordinator/domain/recover.hpp"

#include <algorithm>

#include "coordinator/domain/step_descriptors.hpp"

namespace standin::domain {

void recover(Operation& operation, const Observation& observation, base::WallTime now) {
    for (auto& shared : operation.steps) {
        if (shared->state == StepState::Planned || shared->state == StepState::Done) continue;
        Step& step = shared.own();
        const auto limits = limitsOf(step.id.name, observation);
        step.patience_from =
            std::max(step.patience_from, now + std::min(limits.after_restart, limits.patience) - limits.patience);
        if (step.silent_since != base::WallTime{}) step.silent_since = now;
        if (isEvidence(step.id.name)) {  // what was found out is old, and is asked at once
            step.finding = Finding::None;
            step.ended = base::WallTime{};
        }
        if (step.state != StepState::Running) continue;
        step.state = StepState::Unknown;
        if (step.id.name == StepName::ReviveStandIn || isEvidence(step.id.name))
            step.found.clear();  // it is asked again from the start
        step.error = base::ErrorCode::TimedOut;
        step.ended = base::WallTime{};  // due at once
        step.message = "the coordinator was started again meanwhile";
    }
}

}  // namespace standin::domain
