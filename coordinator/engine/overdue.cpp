// A step ends at its deadline, whatever the thread does that carries it out (rule 8).
#include <fmt/format.h>

#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

using base::ErrorCode;

namespace {

/// A driver ends its calls at the deadline by itself, and the last of them may have been given a second for the
/// answer's way back: who has not reported so long after the deadline hangs.
constexpr std::chrono::milliseconds grace{1500};
/// What waits for a thread is looked at again after this time: threads that hang are given up one by one.
constexpr std::chrono::milliseconds look_again{500};
/// A command to switch a machine on that hangs may still come true; after a minute it is no longer expected to.
constexpr std::chrono::seconds power_may_come{60};

}  // namespace

void Conductor::expect(Attempt attempt) {
    const auto look_at = now() + attempt.deadline + grace;
    attempts_.add(std::move(attempt), look_at);
}

void Conductor::lookAfterAttempts() {
    while (auto attempt = attempts_.takeDue(now())) lookAfter(std::move(*attempt));
    lookAfterReturns();
}

/// The same for a job on its way back to its server: whether its segment was given is not known.
void Conductor::lookAfterReturns() {
    std::vector<std::pair<base::ServerName, std::uint64_t>> overdue;
    for (const auto& [server, its] : returns_) {
        if (its.attempt == 0 || its.gave_up || its.look_at > now()) continue;
        executor_.writeOff(its.ticket);
        overdue.emplace_back(server, its.attempt);
    }
    for (const auto& [server, attempt] : overdue) {
        ReturnOutcome outcome;
        outcome.in_doubt = true;
        outcome.done = base::failure(ErrorCode::TimedOut, "an agent or the power device hangs that was asked for it");
        takeReturn(server, attempt, outcome);
    }
}

void Conductor::lookAfter(Attempt attempt) {
    if (attempt.progress->given_up) return endPowerOn(attempt.operation, attempt.step);  // the minute is over
    const auto begun = attempt.progress->begun.load();
    const auto moment = now();
    if (begun == base::SteadyTime{}) {
        if (executor_.takeBack(attempt.ticket)) return giveUp(std::move(attempt), false);
        return attempts_.add(std::move(attempt), moment + look_again);  // it waits behind others, and has its turn
    }
    const auto due = timeline_.at(begun) + attempt.deadline + grace;
    if (due > moment) return attempts_.add(std::move(attempt), due);
    giveUp(std::move(attempt), true);
}

/// What was begun may have happened, and may yet; what never began certainly did not.
void Conductor::giveUp(Attempt attempt, bool was_begun) {
    attempt.progress->given_up = true;
    if (was_begun) executor_.writeOff(attempt.ticket);
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
    log_.warning("operation {}: {}", attempt.operation, error.message);
    StepOutcome outcome{attempt.operation,         attempt.step,   attempt.number, attempt.sequence,
                        StepReport::failed(error), clock_.steady()};
    const bool may_come = was_begun && attempt.step.name == domain::StepName::StartServer;
    takeReported(outcome);
    if (may_come) {
        const auto until = now() + power_may_come;
        attempts_.add(std::move(attempt), until);
    } else {
        endPowerOn(outcome.operation, outcome.step);
    }
}

/// Whether the server's power may be read as a fence again depends on it.
void Conductor::endPowerOn(domain::OperationId id, const domain::StepId& step) {
    const auto found = operations_.find(id);
    if (step.name != domain::StepName::StartServer || found == operations_.end()) return;
    if (powering_on_.erase(found->second.server) == 0) return;
    if (const auto* failover = openFailoverOf(found->second.server)) touched_.insert(failover->id);
}

}  // namespace standin::engine
