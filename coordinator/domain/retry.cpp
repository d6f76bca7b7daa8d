#include "coordinator/domain/enter_state.hpp"
#include "coordinator/domain/handover/handover_phase.hpp"
#include "coordinator/domain/spare/spare_phase.hpp"

namespace standin::domain {

using enum StepName;

namespace {

/// It was suspended half way of a handover, or may have been, and requests may be held: returning them lets it run
/// again.
bool isReturnedFirst(const Operation& operation) {
    const Step* returning = operation.find(ReturnRequests, operation.stand_in.text());
    return operation.handovers > 0 || (returning != nullptr && returning->state != StepState::Done);
}

void redoWhatFailed(Operation& operation) {
    for (auto& step : operation.steps) {
        const bool read_back = step->id.name == FencePower && step->found.empty();
        if (read_back) step.own().state = StepState::Planned;
        const StepState its = step->state;
        const bool ended = its == StepState::Failed || its == StepState::Unknown || its == StepState::Polling;
        if (ended && step->id.name != TellOperator) step.own().state = StepState::Planned;
    }
}

}  // namespace

void retry(Operation& operation) {
    redoWhatFailed(operation);
    if (operation.spare.empty() || spare::isIn(operation.failed_spares, operation.spare)) {
        operation.spare = {};
        operation.cold = false;
        redo(operation, {LeaseSpare, PowerOffSpare, ReleaseSpare, RestoreSpare, IsolateSpare, StartSpare, ProbeSpare,
                         PowerOffFailedSpare, GrowStandIn});
        if (!operation.job_runs) redo(operation, {ResumeStandIn, FreezeStandIn, StopStandIn});
    }
    const bool is_released = handover::isReleased(operation);
    if (operation.job_runs && !isReturnedFirst(operation) && !is_released)
        redo(operation, {ResumeStandIn, GiveSegment, IsolateSpare});
    // Half way, requests may be held: they go back to the stand-in before the handover begins again. Once they were
    // released to the spare there is no way back, and what is left to do is done as it was.
    if (operation.handovers > 0 && !is_released) {
        operation.at({ReturnRequests, operation.stand_in.text()}).state = StepState::Planned;
        handover::redoFromTheStart(operation);
    }
    spare::redoFailedSpares(operation);
    operation.handovers = 0;
    operation.failed_spares.clear();
    operation.cure.clear();
}

}  // namespace standin::domain
