// An operator brings a job back to its server: the intent is durable first, then the segment is ordered, then what came
// of it is durable. A coordinator that is started again finishes what it finds begun.
#include <fmt/format.h>

#include "coordinator/engine/bring_back.hpp"
#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;
using domain::Placement;

namespace {

/// Between attempts, as long as it is not known whether the server has its segment: an agent that was restarted answers
/// again after seconds.
constexpr std::chrono::seconds return_again_after{2};
/// One after the other within an attempt (bring_back.cpp), and a second each for their answers' way.
constexpr int agents_asked_for_return = 7;
/// As long as a failover tries to give a segment away; then a person has to look after the switch.
constexpr std::chrono::minutes return_patience{10};

}  // namespace

Result<void> Conductor::mayReturn(const base::ServerName& server, bool discard_data) {
    if (inventory_.servers.count(server) == 0)
        return failure(ErrorCode::NotFound, fmt::format("server '{}' is not configured", server.text()));
    if (auto acts = notObserved(server); !acts) return acts;
    if (const auto found = returns_.find(server); found == returns_.end() || !found->second.gave_up) {
        auto under_way = notBeingReturned(server);
        if (!under_way) return under_way;
    }
    if (const auto* operation = openOperationOf(server);
        operation != nullptr && operation->kind == domain::OperationKind::Unset)
        return failure(notClosed(*operation));  // it orders the segment, too
    if (auto stays = notSwitchedOff(server); !stays) return stays;
    const auto* failover = openFailoverOf(server);
    if (failover != nullptr && !isResting(failover->state)) {
        return failure(ErrorCode::Conflict,
                       fmt::format("failover {} is going on: it is {}", failover->id, nameOf(failover->state)));
    }
    if (failover != nullptr && retiresHolder(*failover)) {
        return failure(ErrorCode::Conflict,
                       fmt::format("failover {} still orders the segment of server '{}' for spare '{}', whose last "
                                   "connections go through the holder; close it first: standinctl operation close {}",
                                   failover->id, server.text(), failover->spare.text(), failover->id));
    }
    if (!discard_data) {
        if (auto nothing = losesNothing(server); !nothing) return nothing;
    }
    // The answer is given once what it rests on is durable: who is told that nothing orders the segment for the spare
    // any more switches the server on, and a coordinator that is started again must not order it anew.
    if (failover != nullptr && dirty_.count(failover->id) > 0) must_commit_ = true;
    return {};
}

/// Whoever brings a job back switches its server on: a capture that wants it off would cut its power then (rule 9).
Result<void> Conductor::notSwitchedOff(const base::ServerName& server) const {
    const auto known = operations_of_.find(server);
    if (known == operations_of_.end()) return {};
    for (const auto id : known->second) {
        const auto& operation = operations_.at(id);
        if (captureNeedOf(operation) == domain::CaptureNeed::None) continue;
        return failure(ErrorCode::Conflict,
                       fmt::format("{} {} of server '{}' switches it off for a capture: it is {}; wait for its end: "
                                   "standinctl operation watch {}",
                                   nameOf(operation.kind), id, server.text(), nameOf(operation.state), id));
    }
    return {};
}

Result<void> Conductor::notBeingReturned(const base::ServerName& server) const {
    const auto found = returns_.find(server);
    if (found == returns_.end()) return {};
    const auto& its = found->second;
    const std::string cure =
        its.gave_up ? fmt::format("; see that agent '{}' answers, then ask for it again: standinctl returned {}",
                                  inventory_.servers.at(server).switch_agent.text(), server.text())
                    : "";
    return failure(ErrorCode::Conflict,
                   fmt::format("the job of server '{}' is being brought back to it, as {} has asked{}{}", server.text(),
                               its.asked_by, its.problem.empty() ? "" : ": " + its.problem, cure));
}

Result<void> Conductor::beginReturn(const base::ServerName& server, const std::string& asked_by, bool discard_data,
                                    ReturnAnswer answer) {
    auto may = mayReturn(server, discard_data);
    if (!may) return may;
    // What was given up would be ordered anew by a coordinator that is started again, for the spare.
    if (auto* failover = openFailoverOf(server)) {
        const domain::StepId retiring{domain::StepName::RetireHolder, failover->spare.text()};
        const auto* step = failover->find(retiring);
        if (step != nullptr && step->state != domain::StepState::Done)
            take(*failover, retiring, StepReport::done("the job is brought back to its server"), now());
    }
    Placement placement = placements_[server];
    placement.brought_back_by = asked_by;
    setPlacement(server, std::move(placement));
    auto& its = returns_[server];  // one that was given up leaves its doubts
    its.asked_by = asked_by;
    its.lost = writesElsewhere(server);
    its.answer = std::move(answer);
    its.since = its.due = now();
    its.gave_up = false;
    return {};
}

/// Found begun in the journal.
void Conductor::recoverReturns() {
    for (const auto& [server, placement] : placements_) {
        if (placement.brought_back_by.empty() || inventory_.servers.count(server) == 0) continue;
        auto& its = returns_[server];
        its.asked_by = placement.brought_back_by;
        its.lost = writesElsewhere(server);
        its.since = its.due = now();
        its.claims_first = its.in_doubt = true;
        log_.notice("the job of server '{}' was being brought back to it, as {} had asked: it is finished now",
                    server.text(), its.asked_by);
    }
}

std::optional<base::WallTime> Conductor::nextReturn() const {
    std::optional<base::WallTime> next;
    for (const auto& [server, its] : returns_) {
        const auto at = its.attempt == 0 ? its.due : its.look_at;
        if (!its.gave_up && (!next || at < *next)) next = at;
    }
    return next;
}

/// Precondition: what was gathered is durable, intents among it.
void Conductor::dispatchReturns() {
    for (auto& [server, its] : returns_) {
        if (its.attempt != 0 || its.gave_up || its.due > now()) continue;
        its.attempt = nextSequence();
        ReturnAttempt attempt;
        attempt.now.server = inventory_.servers.at(server);
        attempt.now.placement = placements_.at(server);
        if (const auto* row = table_.row(server)) attempt.now.row = *row;
        attempt.stamp = {leader_.epoch, fmt::format("returned/{}/{}-{}", server.text(), leader_.epoch, its.attempt),
                         its.attempt, leader_.instance};
        attempt.claims_first = its.claims_first;
        attempt.patience = settings_.answer_within;
        const auto whom = attempt.now.server.switch_agent.text();
        const auto run = [attempt = std::move(attempt), deliver = deliver_, leads = leads_, &drivers = drivers_,
                          &inventory = inventory_] {
            if (!*leads) return;
            ReturnOutcome outcome;
            try {
                outcome = bringBack(drivers, inventory, attempt);
            } catch (const std::exception& exception) {  // what it had ordered by then is not known
                outcome = {failure(ErrorCode::Internal, fmt::format("it ended unexpectedly: {}", exception.what())),
                           false, true};
            }
            deliver(Request([server = attempt.now.server.name, number = attempt.stamp.sequence,
                             outcome = std::move(outcome)](Conductor& conductor) -> Reply {
                conductor.takeReturn(server, number, outcome);
                return {};
            }));
        };
        its.ticket = executor_.post({domain::Lane::Ordinary, whom, run});
        its.look_at = now() + agents_asked_for_return * settings_.answer_within;
    }
}

void Conductor::takeReturn(const base::ServerName& server, std::uint64_t attempt, const ReturnOutcome& outcome) {
    auto found = returns_.find(server);
    if (found == returns_.end() || found->second.attempt != attempt) return;  // decided otherwise meanwhile
    if (!outcome.done && outcome.done.error().code == ErrorCode::StaleEpoch)
        return depose(outcome.done.error().message);
    auto& its = found->second;
    its.in_doubt = outcome.in_doubt || (its.in_doubt && !outcome.claimed);
    if (outcome.done || !its.in_doubt) return endReturn(server, outcome.done);
    its.claims_first = its.claims_first && !outcome.claimed;
    doubtReturn(server, its, outcome.done.error().message);
}

/// It may still come true (rule 6): the intent stays until somebody has said what is so.
void Conductor::doubtReturn(const base::ServerName& server, JobReturn& its, const std::string& problem) {
    its.attempt = 0;
    its.due = now() + return_again_after;
    const auto sentence =
        fmt::format("whether server '{}' has its segment again is not known: {}", server.text(), problem);
    if (std::exchange(its.problem, problem) != problem)
        lines_.push_back({base::LogLevel::Warning, sentence + "; it is tried again"});
    if (auto answer = std::exchange(its.answer, {}))
        answer(failure(ErrorCode::TimedOut, sentence + "; it is tried again until this is known"));
    its.gave_up = its.due >= its.since + return_patience;
    if (!its.gave_up) return;
    drivers_.notifier->notify(
        {drivers::Notification::Kind::NeedsOperator,
         {},
         server.text(),
         fmt::format("{}; see that agent '{}' answers, then ask again: standinctl returned {}", sentence,
                     inventory_.servers.at(server).switch_agent.text(), server.text())});
}

void Conductor::endReturn(const base::ServerName& server, const Result<void>& done) {
    auto its = std::move(returns_.at(server));
    returns_.erase(server);
    Placement placement = placements_[server];
    if (done) {
        placement = {};
        placement.writes = givenUp(placements_[server].writes);
    }
    placement.brought_back_by.clear();
    writePlacement(server, std::move(placement));
    if (done) freeSparesOf(server);
    const std::string lost =
        its.lost.empty() ? "" : fmt::format(", without what was written on {}", domain::sentenceOf(its.lost));
    audit(its.asked_by, fmt::format("job of server '{}' returned{}", server.text(), lost),
          done ? "accepted" : "refused: " + done.error().message);
    if (its.answer) {
        replies_.push_back(
            [answer = its.answer, done](const Result<void>& durable) { answer(durable ? done : durable); });
        return;
    }
    using Kind = drivers::Notification::Kind;
    drivers_.notifier->notify(
        {done ? Kind::NormalEnd : Kind::NeedsOperator,
         {},
         server.text(),
         done ? fmt::format("server '{}' has its job again, as {} had asked{}", server.text(), its.asked_by, lost)
              : fmt::format("the job of server '{}' was not brought back to it, as {} had asked: {}; then ask again: "
                            "standinctl returned {}",
                            server.text(), its.asked_by, done.error().message, server.text())});
}

/// Those that closed failovers of this server had left executing the job: they are free again, or their row's.
void Conductor::freeSparesOf(const base::ServerName& server) {
    std::vector<domain::Lease> over;
    std::vector<base::SpareName> found;
    for (const auto& [spare, lease] : table_.leases()) {
        if (lease.server != server) continue;
        if (lease.failover == 0) {
            found.push_back(spare);
            continue;
        }
        const auto held = operations_.find(lease.failover);
        if (held == operations_.end() || !domain::isOpen(held->second)) over.push_back(lease);
    }
    for (const auto& lease : over) table_.release(lease.spare, lease.failover);
    for (const auto& spare : found) table_.giveBack(spare);
    leasesChanged();
}

void Conductor::abandonReturn(const base::ServerName& server, const base::Error& why) {
    const auto found = returns_.find(server);
    if (found == returns_.end()) return;
    const auto answer = std::move(found->second.answer);
    returns_.erase(found);
    if (answer) answer(failure(why));
}

void Conductor::abandonReturns(const base::Error& why) {
    while (!returns_.empty()) abandonReturn(base::ServerName(returns_.begin()->first), why);
}

}  // namespace standin::engine
