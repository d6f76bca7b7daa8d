// The cold path, and the stand-in beside it: as long as nobody executes the job, the first that answers takes it.
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/fence.hpp"
#include "coordinator/domain/handover/handover_phase.hpp"
#include "coordinator/domain/spare/spare_phase.hpp"

namespace standin::domain::spare {

using enum StepName;

namespace {

/// Without a spare there is nothing else to wait for; a VM host that boots answers before that, and then a person is
/// needed.
constexpr std::chrono::minutes asked_on_alone{5};

bool wasAttempted(const Operation& operation, StepName name) {
    return std::any_of(operation.steps.begin(), operation.steps.end(),
                       [name](const Step& step) { return step.id.name == name && step.attempts > 0; });
}

bool isPlanned(const Step* step) {
    return step == nullptr || step->state == StepState::Planned;
}

bool hasSpareToTry(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (operation.state == State::ColdPreparingSpare) return !operation.spare.empty();
    return hasFurtherSpare(progress) || (isTaken(progress) && !progress.concluded(PowerOffFailedSpare));
}

}  // namespace

bool mayRevive(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (!operation.cold || operation.stand_in.empty() || progress.find(ResumeStandIn) == nullptr) return false;
    // What a spare was given is on its disk alone.
    if (wasAttempted(operation, ReleaseHeld) || wasAttempted(operation, GiveSegmentToSpare)) return false;
    return !progress.gaveUp(ReviveStandIn);
}

bool mayStillCome(const OperationProgress& progress) {
    if (!mayRevive(progress)) return false;
    const Step* revive = progress.find(ReviveStandIn);
    if (progress.done(ReviveStandIn)) return !fenceFailed(progress);  // only the fence is missing
    return isPlanned(revive) || progress.now() < revive->patience_from + asked_on_alone;
}

std::optional<DetectedEvent> fenceMissing(const OperationProgress& progress) {
    if (!mayRevive(progress) || !progress.done(ReviveStandIn) || !fenceFailed(progress)) return std::nullopt;
    auto failure = fenceFailure(progress);
    failure.event = Event::NoSpareLeft;
    return failure;
}

namespace {

/// It runs, and only the holder's back leg is missing to find out whether its job answers.
bool wantsBackLeg(const OperationProgress& progress) {
    const Step* revive = progress.find(ReviveStandIn);
    if (revive == nullptr || !mayRevive(progress)) return false;
    return revive->state == StepState::Polling || (revive->state == StepState::Running && !revive->found.empty());
}

/// The holder has one back leg: it is the spare's, and the stand-in's as long as that is probed. An answer that comes
/// while it is moved could be either's, so one of them is probed at a time.
void addStart(StepList& steps, const OperationProgress& progress) {
    const auto isUnderWay = [&progress](StepName step) {
        const Step* found = progress.find(step);
        return found != nullptr && found->state == StepState::Running;
    };
    if (!wantsBackLeg(progress)) {
        if (mayRevive(progress)) steps.add(ReviveStandIn);
        steps.inOrder({IsolateSpare, StartSpare, ProbeSpare});
    } else if (isUnderWay(IsolateSpare) || isUnderWay(ProbeSpare)) {
        steps.add(isUnderWay(ProbeSpare) ? ProbeSpare : IsolateSpare);
    } else {
        steps.add(ReviveStandIn);
    }
}

void addGiving(StepList& steps, const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const auto& server = progress.observation().server;
    const bool stand_in_left_over = !operation.stand_in.empty() && progress.find(ResumeStandIn) != nullptr;
    // Where the switch keeps it away it is stopped later: until the spare has the segment, it is all there is.
    if (stand_in_left_over && server.fence_policy == FencePolicy::Power) steps.add(StopStandIn);
    if (!isFenced(operation, server)) {
        steps.fences();
    } else if (standInIsOutOfTheWay(progress)) {
        steps.add(FencePower).add(GiveSegmentToSpare);
    }
}

std::optional<DetectedEvent> revivalEvent(const OperationProgress& progress) {
    if (!mayRevive(progress) || !progress.done(ReviveStandIn)) return std::nullopt;
    if (!isFenced(progress.operation(), progress.observation().server)) return std::nullopt;
    const bool answers = progress.find(ReviveStandIn)->finding != Finding::Unproved;
    const std::string why =
        fmt::format("stand-in '{}' {} after all", progress.operation().stand_in.text(), answers ? "answers" : "runs");
    return happened(
        Event::StandInReady, why,
        Note{"stand_in_revived", answers ? Note::Level::Notice : Note::Level::Warning,
             why + " and takes the job; the spare is prepared beside it",
             answers ? "" : fmt::format("see that the job answers at {}", progress.observation().server.address)});
}

std::optional<DetectedEvent> whileGivingSegment(const OperationProgress& progress) {
    const auto& server = progress.observation().server;
    if (!isFenced(progress.operation(), server) && fenceFailed(progress)) return fenceFailure(progress);
    if (!standInIsOutOfTheWay(progress) && progress.gaveUp(StopStandIn)) {
        return needsOperator(progress, Event::FenceFailed, "stand_in_not_stopped",
                             fmt::format("stand-in '{}' does not answer and could not be confirmed as stopped: {}",
                                         progress.operation().stand_in.text(), progress.problemOf(StopStandIn)),
                             fmt::format("see that VM host '{}' answers", server.vm_host.text()));
    }
    return handover::spareOwnsSegment(progress);
}

}  // namespace

namespace {

void addFences(StepList& steps, const OperationProgress& progress) {
    steps.add(FencePort);
    if (mayCutPower(progress)) steps.add(FencePower);
}

}  // namespace

void coldWantedSteps(StepList& steps, const OperationProgress& progress) {
    switch (progress.operation().state) {
        case State::ColdPreparingSpare:
            addFences(steps, progress);
            if (mayRevive(progress)) steps.add(ReviveStandIn);
            return addPreparation(steps, progress);
        case State::ColdStartingSpare:
            addFences(steps, progress);
            return addStart(steps, progress);
        case State::ColdGivingSegment:
            return addGiving(steps, progress);
        default:  // ColdLeavingSpare
            addFences(steps, progress);
            if (mayRevive(progress)) steps.add(ReviveStandIn);
            if (isTaken(progress)) steps.add(PowerOffFailedSpare);
    }
}

std::optional<DetectedEvent> coldEvent(const OperationProgress& progress) {
    const State state = progress.operation().state;
    if (state == State::ColdGivingSegment) return whileGivingSegment(progress);
    if (state == State::ColdLeavingSpare) {
        auto revival = revivalEvent(progress);
        return revival ? revival : leavingEvent(progress, true);
    }
    auto spare_event = state == State::ColdStartingSpare ? startingEvent(progress) : preparingEvent(progress, true);
    // A spare that answers takes the job at once; whatever else there is about a spare can wait.
    if (spare_event && spare_event->event == Event::SpareAnswers) return spare_event;
    auto revival = revivalEvent(progress);
    return revival ? revival : spare_event;
}

std::optional<Note> onlyStandInNote(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const bool waits = operation.state == State::ColdPreparingSpare || operation.state == State::ColdLeavingSpare;
    if (!waits || hasSpareToTry(progress) || !mayStillCome(progress)) return std::nullopt;
    const Step* reported = operation.find(TellOperator, "asked_on");
    if (reported != nullptr && reported->first_started >= operation.attempt_from) return std::nullopt;
    const auto& server = progress.observation().server;
    return Note{"asked_on", Note::Level::Error,
                fmt::format("the job of server '{}' is down: there is no spare that could be prepared, and stand-in "
                            "'{}' does not answer; it is asked on: {}",
                            operation.server.text(), operation.stand_in.text(), progress.problemOf(ResumeStandIn)),
                fmt::format("see that VM host '{}' answers", server.vm_host.text())};
}

}  // namespace standin::domain::spare
