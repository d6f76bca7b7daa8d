// The cold path, and the stand-in beside it: as long as nobody executes the job, whoever answers first takes it.
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/occurrences.hpp"

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

bool hasSpareToTry(const Course& course) {
    const Operation& operation = course.operation();
    if (operation.state == State::ColdPreparingSpare) return !operation.spare.empty();
    return furtherSpare(course) || (isTaken(course) && !course.concluded(PowerOffFailedSpare));
}

}  // namespace

bool mayRevive(const Course& course) {
    const Operation& operation = course.operation();
    if (!operation.cold || operation.stand_in.empty() || course.find(ResumeStandIn) == nullptr) return false;
    // What a spare was given is on its disk alone.
    if (wasAttempted(operation, ReleaseHeld) || wasAttempted(operation, GiveSegmentToSpare)) return false;
    return !course.gaveUp(ReviveStandIn);
}

bool mayStillCome(const Course& course) {
    if (!mayRevive(course)) return false;
    const Step* revive = course.find(ReviveStandIn);
    if (course.done(ReviveStandIn)) return !fenceFailed(course);  // only the fence is missing
    return isPlanned(revive) || course.now() < revive->patience_from + asked_on_alone;
}

bool wantsBackLeg(const Course& course) {
    const Step* revive = course.find(ReviveStandIn);
    if (revive == nullptr || !mayRevive(course)) return false;
    return revive->state == StepState::Polling || (revive->state == StepState::Running && !revive->found.empty());
}

std::optional<Occurrence> fenceMissing(const Course& course) {
    if (!mayRevive(course) || !course.done(ReviveStandIn) || !fenceFailed(course)) return std::nullopt;
    auto failure = fenceFailure(course);
    failure.event = Event::NoSpareLeft;
    return failure;
}

std::optional<Occurrence> revivalOccurrence(const Course& course) {
    if (!mayRevive(course) || !course.done(ReviveStandIn)) return std::nullopt;
    if (!isFenced(course.operation(), course.observation().server)) return std::nullopt;
    const bool answers = course.find(ReviveStandIn)->finding != Finding::Unproved;
    const std::string why =
        fmt::format("stand-in '{}' {} after all", course.operation().stand_in.text(), answers ? "answers" : "runs");
    return happened(
        Event::StandInReady, why,
        Note{"stand_in_revived", answers ? Note::Level::Notice : Note::Level::Warning,
             why + " and takes the job; the spare is prepared beside it",
             answers ? "" : fmt::format("see that the job answers at {}", course.observation().server.address)});
}

std::optional<Note> hopeToTell(const Course& course) {
    const Operation& operation = course.operation();
    const bool waits = operation.state == State::ColdPreparingSpare || operation.state == State::ColdLeavingSpare;
    if (!waits || hasSpareToTry(course) || !mayStillCome(course)) return std::nullopt;
    const Step* told = operation.find(TellOperator, "asked_on");
    if (told != nullptr && told->first_started >= operation.attempt_from) return std::nullopt;
    const auto& server = course.observation().server;
    return Note{"asked_on", Note::Level::Error,
                fmt::format("the job of server '{}' is down: there is no spare that could be prepared, and stand-in "
                            "'{}' does not answer; it is asked on: {}",
                            operation.server.text(), operation.stand_in.text(), course.problemOf(ResumeStandIn)),
                fmt::format("see that VM host '{}' answers", server.vm_host.text())};
}

}  // namespace standin::domain
