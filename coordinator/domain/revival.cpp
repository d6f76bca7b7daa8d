// The cold path, and the stand-in beside it: as long as nobody executes the job, whoever answers first takes it.
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/detect_event.hpp"

namespace standin::domain {

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
    return furtherSpare(progress) || (isTaken(progress) && !progress.concluded(PowerOffFailedSpare));
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

bool wantsBackLeg(const OperationProgress& progress) {
    const Step* revive = progress.find(ReviveStandIn);
    if (revive == nullptr || !mayRevive(progress)) return false;
    return revive->state == StepState::Polling || (revive->state == StepState::Running && !revive->found.empty());
}

std::optional<DetectedEvent> fenceMissing(const OperationProgress& progress) {
    if (!mayRevive(progress) || !progress.done(ReviveStandIn) || !fenceFailed(progress)) return std::nullopt;
    auto failure = fenceFailure(progress);
    failure.event = Event::NoSpareLeft;
    return failure;
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

std::optional<Note> hopeToTell(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const bool waits = operation.state == State::ColdPreparingSpare || operation.state == State::ColdLeavingSpare;
    if (!waits || hasSpareToTry(progress) || !mayStillCome(progress)) return std::nullopt;
    const Step* told = operation.find(TellOperator, "asked_on");
    if (told != nullptr && told->first_started >= operation.attempt_from) return std::nullopt;
    const auto& server = progress.observation().server;
    return Note{"asked_on", Note::Level::Error,
                fmt::format("the job of server '{}' is down: there is no spare that could be prepared, and stand-in "
                            "'{}' does not answer; it is asked on: {}",
                            operation.server.text(), operation.stand_in.text(), progress.problemOf(ResumeStandIn)),
                fmt::format("see that VM host '{}' answers", server.vm_host.text())};
}

}  // namespace standin::domain
