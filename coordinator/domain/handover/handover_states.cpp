#include "coordinator/domain/handover/handover_phase.hpp"

namespace standin::domain::handover {

using enum StepName;

bool isReleased(const Operation& operation) {
    const Step* release = operation.find(ReleaseHeld, operation.spare.text());
    return release != nullptr && release->finding != Finding::Untaken;
}

bool isHalfWay(const OperationProgress& progress) {
    const bool returning = progress.find(ReturnRequests) != nullptr && !progress.done(ReturnRequests);
    return returning || isReleased(progress.operation());
}

void redoFromTheStart(Operation& operation) {
    redo(operation, {IsolateSpare, ProbeSpare, HoldRequests, DrainStandIn, FreezeStandIn, ReleaseHeld});
}

void wantedSteps(StepList& steps, const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    steps.add(FencePower);
    switch (operation.state) {
        case State::HoldingRequests:
            steps.add(HoldRequests);
            break;
        case State::DrainingStandIn:
            steps.add(DrainStandIn);
            break;
        case State::FreezingStandIn:
            steps.add(FreezeStandIn);
            break;
        case State::ReleasingRequests:
            steps.add(ReleaseHeld);
            break;
        case State::GivingSegmentToSpare:
            steps.add(GiveSegmentToSpare);
            break;
        case State::ReturningRequests:
            steps.add(ReturnRequests);
            break;
        default:  // Settling
            if (operation.cold && progress.find(ReviveStandIn) != nullptr) steps.add(StopStandIn);
            break;
    }
}

void enterState(Operation& operation, const Change& change) {
    switch (change.event) {
        case Event::SpareAnswers:
            if (change.to == State::HoldingRequests) ++operation.handovers;
            break;
        case Event::SpareOwnsSegment:
            operation.job_runs = true;
            break;
        case Event::RequestsReturned:
            operation.job_runs = true;
            redoFromTheStart(operation);
            break;
        case Event::HandoversExhausted:
            operation.job_runs = true;
            redo(operation, {HoldRequests, DrainStandIn, FreezeStandIn});
            break;
        default:
            break;
    }
    if (change.to == State::ReleasingRequests) operation.job_runs = false;
    if (change.to == State::ReturningRequests) redo(operation, {ReturnRequests});
}

}  // namespace standin::domain::handover
