#include "coordinator/engine/overdue.hpp"

#include <fmt/format.h>

namespace standin::engine {

using base::ErrorCode;

namespace {

/// A driver ends its calls at the deadline by itself, and the last of them may have been given a second for the
/// answer's way back: an attempt that has not reported so long after the deadline hangs.
constexpr std::chrono::milliseconds grace{1500};
/// What waits for a thread is looked at again after this time: threads that hang are given up one by one.
constexpr std::chrono::milliseconds look_again{500};
/// A command to switch a machine on that hangs may still come true; after a minute it is no longer expected to.
constexpr std::chrono::seconds power_may_come{60};

}  // namespace

void OverdueAttempts::expect(Attempt attempt) {
    const auto look_at = state_.now() + attempt.deadline + grace;
    attempts_.add(std::move(attempt), look_at);
}

void OverdueAttempts::take(const StepOutcome& outcome) {
    const bool expected = attempts_.end(outcome.sequence);
    state_.operations.endPowerOn(outcome.operation, outcome.step);
    if (expected) return decisions_.take(outcome);
    state_.log.note("operation {}: {} reported after it was given up, and that is not used: {}", outcome.operation,
                    nameOf(outcome.step.name), outcome.report.message);
}

void OverdueAttempts::lookAfter() {
    while (auto attempt = attempts_.takeDue(state_.now())) lookAfter(std::move(*attempt));
}

void OverdueAttempts::lookAfter(Attempt attempt) {
    if (attempt.progress->given_up)
        return state_.operations.endPowerOn(attempt.operation, attempt.step);  // the minute is over
    const auto begun = attempt.progress->begun.load();
    const auto moment = state_.now();
    if (begun == base::SteadyTime{}) {
        if (state_.executor.takeBack(attempt.ticket)) return giveUp(std::move(attempt), false);
        return attempts_.add(std::move(attempt), moment + look_again);  // it waits behind others, and has its turn
    }
    const auto due = state_.timeline.at(begun) + attempt.deadline + grace;
    if (due > moment) return attempts_.add(std::move(attempt), due);
    giveUp(std::move(attempt), true);
}

/// What was begun may have happened, and may yet; what never began certainly did not.
void OverdueAttempts::giveUp(Attempt attempt, bool was_begun) {
    attempt.progress->given_up = true;
    if (was_begun) state_.executor.writeOff(attempt.ticket);
    const auto error =
        was_begun
            ? base::Error{ErrorCode::TimedOut,
                          fmt::format("{} did not come to an end within {} ms: what it does with {} hangs; see that it "
                                      "answers",
                                      nameOf(attempt.step.name), (attempt.deadline + grace).count(), attempt.whom)}
            : base::Error{
                  ErrorCode::Unreachable,
                  fmt::format("{} was not asked: all that it may be asked at a time hangs; see that it answers, "
                              "or restart it",
                              attempt.whom)};
    state_.log.warning("operation {}: {}", attempt.operation, error.message);
    StepOutcome outcome{
        attempt.operation,    attempt.step, attempt.number, attempt.sequence, domain::StepReport::failed(error),
        state_.clock.steady()};
    const bool may_come = was_begun && attempt.step.name == domain::StepName::StartServer;
    decisions_.take(outcome);
    if (may_come) {
        const auto until = state_.now() + power_may_come;
        attempts_.add(std::move(attempt), until);
    } else {
        state_.operations.endPowerOn(outcome.operation, outcome.step);
    }
}

}  // namespace standin::engine
