#include "coordinator/domain/fence.hpp"
#include "coordinator/domain/handover/handover_phase.hpp"
#include "coordinator/domain/takeover/takeover_phase.hpp"

namespace standin::domain::takeover {

using enum StepName;

namespace {

/// The power is cut beside the takeover, not in its way: where the port fence is what the policy demands, the power's
/// devices (processes that start slowly, on processors that the takeover needs) are asked as soon as `step` has come to
/// an end, or the port fence has failed.
void addPowerFence(StepList& steps, const OperationProgress& progress, StepName step) {
    const bool port_is_enough = progress.observation().server.fence_policy == FencePolicy::Port;
    const bool port_failed = progress.attempted(FencePort) && !progress.done(FencePort);
    if (!mayCutPower(progress)) return;
    if (!port_is_enough || port_failed || progress.attempted(step)) steps.add(FencePower);
}

/// The brake lets a failover through once its server is dead beyond doubt.
void addPositiveEvidence(StepList& steps) {
    steps.add(AskPort);
    steps.add(AskPower);
}

/// The stand-in answers after all. What was done about the spare stays done; only its quarantine and the holder's back
/// leg are ordered again, behind the stand-in's segment.
void leaveColdPath(Operation& operation) {
    const Step* revived = operation.find(ReviveStandIn, operation.stand_in.text());
    Step& resumed = operation.at({ResumeStandIn, operation.stand_in.text()});
    resumed.state = StepState::Done;
    resumed.finding = revived->finding;
    resumed.message = revived->message;
    redo(operation, {GiveSegment, IsolateSpare, ProbeSpare, ReviveStandIn});
    operation.cold = false;
}

/// What is asked just now goes on: its answer is new enough.
void verifyAgain(Operation& operation, State from) {
    operation.verify_again = false;
    operation.confirmed = false;
    operation.writes.clear();
    const StepSet asked{AskJob};
    const StepSet all{AskPort, AskJob, AskPower, WakeStandIn, RestStandIn};
    for (auto& step : operation.steps) {
        if (!(from == State::Verifying ? asked : all).contains(step->id.name)) continue;
        Step& again = step.own();
        if (again.state != StepState::Running) again.state = StepState::Planned;
        again.finding = Finding::None;
        again.found.clear();
    }
}

void noteSegmentGiven(Operation& operation) {
    operation.job_runs = !handover::isReleased(operation);
    // Nobody could say whether the stand-in runs: then it keeps the segment as it was given to it.
    const Step* given = operation.find(GiveSegment, operation.stand_in.text());
    if (given != nullptr && given->state != StepState::Done) operation.at(given->id).state = StepState::Done;
}

}  // namespace

void wantedSteps(StepList& steps, const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (operation.state == State::Verifying) {
        verifyingSteps(steps, progress);
    } else if (operation.state == State::StandingDown) {
        if (wasWoken(operation)) steps.add(RestStandIn);
    } else if (operation.state == State::TakingOver) {
        if (operation.waits_for_release) addPositiveEvidence(steps);
        steps.add(FencePort);
        // After a retry the segment may be its own: before it runs again, nobody else may.
        const bool may_resume =
            progress.find(GiveSegment) == nullptr || isFenced(operation, progress.observation().server);
        if (!handover::isHalfWay(progress) && may_resume) steps.add(ResumeStandIn);
        addPowerFence(steps, progress, ResumeStandIn);
    } else {
        if (progress.done(ResumeStandIn)) steps.add(GiveSegment);
        addPowerFence(steps, progress, GiveSegment);
    }
}

void enterState(Operation& operation, const Change& change) {
    switch (change.event) {
        case Event::Begins:
            operation.confirmed = false;
            break;
        case Event::FailureConfirmed:
            operation.confirmed = true;
            operation.verify_again = false;
            break;
        case Event::VerifiesAgain:
            verifyAgain(operation, change.from);
            break;
        case Event::StandInUnusable:
            operation.cold = true;
            operation.job_runs = false;
            // One that was stopped on an earlier cold path may run again on this one.
            redo(operation, {ReviveStandIn, StopStandIn});
            break;
        case Event::StandInReady:
            if (operation.cold) leaveColdPath(operation);
            break;
        case Event::SegmentGiven:
            noteSegmentGiven(operation);
            break;
        case Event::OperatorRetries:
            operation.confirmed = true;  // by a person
            operation.verify_again = false;
            retry(operation);
            break;
        default:
            break;
    }
}

}  // namespace standin::domain::takeover
