#include "coordinator/engine/job_returns.hpp"

#include <fmt/format.h>

#include "coordinator/domain/outcome.hpp"
#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;
using Kind = drivers::Notification::Kind;

namespace {

/// Between attempts, as long as it is not known whether the server has its segment: an agent that was restarted answers
/// again after seconds.
constexpr std::chrono::seconds return_again_after{2};
/// One after the other within an attempt (return_order.cpp), and a second each for their answers' way.
constexpr int agents_asked_for_return = 7;
/// As long as a failover tries to give a segment away; then a person has to look at the switch.
constexpr std::chrono::minutes return_patience{10};

}  // namespace

JobReturns::JobReturn& JobReturns::intend(const base::ServerName& server, const std::string& asked_by) {
    auto& its = returns_[server];  // one that was given up leaves its doubts
    its.asked.asked_by = asked_by;
    its.asked.gave_up = false;
    its.lost = domain::writesElsewhere(state_.placements.of(server), state_.server(server));
    its.since = its.due = state_.now();
    return its;
}

void JobReturns::begin(const base::ServerName& server, const std::string& asked_by, Answer answer) {
    auto placement = state_.placements.of(server);
    placement.brought_back_by = asked_by;
    state_.placements.set(server, std::move(placement));
    intend(server, asked_by).answer = std::move(answer);
}

void JobReturns::recover() {
    for (const auto& [server, placement] : state_.placements.all()) {
        if (placement.brought_back_by.empty() || !state_.knows(server)) continue;
        auto& its = intend(server, placement.brought_back_by);
        its.claims_first = its.in_doubt = true;
        state_.log.notice("the job of server '{}' was being brought back to it, as {} had asked: it is finished now",
                          server.text(), its.asked.asked_by);
    }
}

std::optional<domain::ReturnUnderWay> JobReturns::underWay(const base::ServerName& server) const {
    const auto found = returns_.find(server);
    return found == returns_.end() ? std::nullopt : std::optional(found->second.asked);
}

std::optional<base::WallTime> JobReturns::next() const {
    std::optional<base::WallTime> next;
    for (const auto& [server, its] : returns_) {
        const auto at = its.attempt == 0 ? its.due : its.look_at;
        if (!its.asked.gave_up && (!next || at < *next)) next = at;
    }
    return next;
}

ReturnAttempt JobReturns::attemptOf(const base::ServerName& server, const JobReturn& its) const {
    ReturnAttempt attempt;
    attempt.now.server = state_.server(server);
    attempt.now.placement = state_.placements.of(server);
    if (const auto* row = state_.spares.row(server)) attempt.now.row = *row;
    const auto& leader = state_.leadership.leader();
    attempt.stamp = {leader.epoch, fmt::format("returned/{}/{}-{}", server.text(), leader.epoch, its.attempt),
                     its.attempt, leader.instance};
    attempt.claims_first = its.claims_first;
    attempt.patience = state_.settings.answer_within;
    return attempt;
}

void JobReturns::dispatch() {
    for (auto& [server, its] : returns_) {
        if (its.attempt != 0 || its.asked.gave_up || its.due > state_.now()) continue;
        its.attempt = state_.leadership.nextSequence();
        auto attempt = attemptOf(server, its);
        const auto whom = attempt.now.server.switch_agent.text();
        const auto run = [attempt = std::move(attempt), deliver = state_.deliver, leads = state_.leadership.flag(),
                          &drivers = state_.drivers, &inventory = state_.inventory] {
            if (!*leads) return;
            ReturnOutcome outcome;
            try {
                outcome = giveSegmentBack(drivers, inventory, attempt);
            } catch (const std::exception& exception) {  // what it had ordered by then is not known
                outcome = {failure(ErrorCode::Internal, fmt::format("it ended unexpectedly: {}", exception.what())),
                           false, true};
            }
            deliver(Request([server = attempt.now.server.name, number = attempt.stamp.sequence,
                             outcome = std::move(outcome)](Conductor& conductor) -> Reply {
                conductor.returns().take(server, number, outcome);
                return {};
            }));
        };
        its.ticket = state_.executor.post({domain::Lane::Ordinary, whom, run});
        its.look_at = state_.now() + agents_asked_for_return * state_.settings.answer_within;
    }
}

void JobReturns::lookAfter() {
    std::vector<std::pair<base::ServerName, std::uint64_t>> overdue;
    for (const auto& [server, its] : returns_) {
        if (its.attempt == 0 || its.asked.gave_up || its.look_at > state_.now()) continue;
        state_.executor.writeOff(its.ticket);
        overdue.emplace_back(server, its.attempt);
    }
    for (const auto& [server, attempt] : overdue) {
        ReturnOutcome outcome;
        outcome.in_doubt = true;
        outcome.done = failure(ErrorCode::TimedOut, "an agent or the power device hangs that was asked for it");
        take(server, attempt, outcome);
    }
}

void JobReturns::take(const base::ServerName& server, std::uint64_t attempt, const ReturnOutcome& outcome) {
    auto found = returns_.find(server);
    if (found == returns_.end() || found->second.attempt != attempt) return;  // decided otherwise meanwhile
    if (!outcome.done && outcome.done.error().code == ErrorCode::StaleEpoch)
        return state_.leadership.depose(outcome.done.error().message);
    auto& its = found->second;
    its.in_doubt = outcome.in_doubt || (its.in_doubt && !outcome.claimed);
    if (outcome.done || !its.in_doubt) return end(server, outcome.done);
    its.claims_first = its.claims_first && !outcome.claimed;
    doubt(server, its, outcome.done.error().message);
}

/// It may still come true (rule 6): the intent stays until an agent has said what is so.
void JobReturns::doubt(const base::ServerName& server, JobReturn& its, const std::string& problem) {
    its.attempt = 0;
    its.due = state_.now() + return_again_after;
    const auto sentence =
        fmt::format("whether server '{}' has its segment again is not known: {}", server.text(), problem);
    if (std::exchange(its.asked.problem, problem) != problem)
        state_.batch.log(base::LogLevel::Warning, sentence + "; it is tried again");
    if (auto answer = std::exchange(its.answer, {}))
        answer(failure(ErrorCode::TimedOut, sentence + "; it is tried again until this is known"));
    its.asked.gave_up = its.due >= its.since + return_patience;
    if (!its.asked.gave_up) return;
    state_.notify(drivers::Notification::Kind::NeedsOperator, server.text(),
                  fmt::format("{}; see that agent '{}' answers, then ask again: standinctl returned {}", sentence,
                              state_.server(server).switch_agent.text(), server.text()));
}

void JobReturns::end(const base::ServerName& server, const Result<void>& done) {
    const auto its = std::move(returns_.at(server));
    returns_.erase(server);
    auto placement = state_.placements.of(server);
    if (done) placement = domain::placementAfterReturn(placement);
    placement.brought_back_by.clear();
    state_.placements.set(server, std::move(placement));
    if (done) state_.spares.freeSparesOf(server);
    const std::string lost =
        its.lost.empty() ? "" : fmt::format(", without what was written on {}", domain::sentenceOf(its.lost));
    const auto& asked_by = its.asked.asked_by;
    state_.batch.audit(asked_by, fmt::format("job of server '{}' returned{}", server.text(), lost),
                       done ? "accepted" : "refused: " + done.error().message);
    if (its.answer) {
        state_.batch.reply(
            [answer = its.answer, done](const Result<void>& durable) { answer(durable ? done : durable); });
        return;
    }
    state_.notify(
        done ? Kind::NormalEnd : Kind::NeedsOperator, server.text(),
        done ? fmt::format("server '{}' has its job again, as {} had asked{}", server.text(), asked_by, lost)
             : fmt::format("the job of server '{}' was not brought back to it, as {} had asked: {}; then ask again: "
                           "standinctl returned {}",
                           server.text(), asked_by, done.error().message, server.text()));
}

void JobReturns::abandon(const base::ServerName& server, const base::Error& why) {
    const auto found = returns_.find(server);
    if (found == returns_.end()) return;
    const auto answer = std::move(found->second.answer);
    returns_.erase(found);
    if (answer) answer(failure(why));
}

void JobReturns::drop(const base::Error& why) {
    while (!returns_.empty()) abandon(base::ServerName(returns_.begin()->first), why);
}

}  // namespace standin::engine
