// Failures that are reported while their server is restarted for a capture: they start nothing at once, and its job is
// asked as soon as the restart does not account for them any more.
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/job_question.hpp"
#include "coordinator/engine/placement_order.hpp"

namespace standin::engine {

using domain::ClaimVerdict;
using domain::Operation;
using domain::State;
using Kind = drivers::Notification::Kind;

namespace {

constexpr std::chrono::milliseconds agent_patience{3000};
/// The switch's agent is asked up to four times, the request holder once.
constexpr std::chrono::milliseconds question_ends_after = 5 * agent_patience + questioned_for + std::chrono::seconds(2);

}  // namespace

const Operation* Conductor::restartingCapture(const base::ServerName& server) const {
    if (inventory_.capture_way != domain::CaptureWay::Restart) return nullptr;
    const auto its = operations_of_.find(server);
    if (its == operations_of_.end()) return nullptr;
    for (auto id = its->second.rbegin(); id != its->second.rend(); ++id) {
        const auto& operation = operations_.at(*id);
        const auto ends = domain::restartEnds(operation, inventory_.servers.at(server).boot_within);
        if (ends && now() < *ends) return &operation;
    }
    return nullptr;
}

/// While a server is shut down for a capture and starts again, its BMC, its chassis and its system have much to report:
/// power, fans, watchdogs, a system that hangs. None of it is a failure, whatever its kind. Empty: it is not restarted.
std::string Conductor::restartOf(const base::ServerName& server) const {
    const auto* capture = restartingCapture(server);
    if (capture == nullptr) return {};
    const bool can_be_asked = !inventory_.servers.at(server).holder_ports.back.empty();
    return fmt::format(
        "{} {} restarts server '{}' for a capture, and what its restart causes is no failure; {}",
        nameOf(capture->kind), capture->id, server.text(),
        can_be_asked ? "its job is asked when it has had its time to boot, and a failover begins if it does not answer"
                     : fmt::format("nobody can ask its job, for it has no request holder; if it does not answer "
                                   "afterwards: standinctl failover {}",
                                   server.text()));
}

void Conductor::keepClaim(const domain::FailureReport& report) {
    const auto* capture = restartingCapture(report.server);
    if (capture == nullptr || inventory_.servers.at(report.server).holder_ports.back.empty()) return;
    auto& operation = operations_.at(capture->id);
    if (operation.claim) return;  // one question answers them all
    operation.claim =
        domain::RestartClaim{report.kind, report.cause, report.reported_by, timeline_.at(report.received)};
    claims_[report.server] = {operation.id};
    dirty_.insert(operation.id);
    must_commit_ = true;
}

void Conductor::recoverClaims() {
    for (const auto& [id, operation] : operations_) {
        if (operation.claim) claims_[operation.server] = {id};
    }
}

void Conductor::endClaim(const base::ServerName& server) {
    const auto found = claims_.find(server);
    if (found == claims_.end()) return;
    if (const auto operation = operations_.find(found->second.capture); operation != operations_.end()) {
        operation->second.claim.reset();
        dirty_.insert(operation->first);
    }
    claims_.erase(found);
}

/// What has been decided otherwise meanwhile, and questions that have not come back.
void Conductor::settleClaims() {
    std::vector<base::ServerName> moot;
    std::vector<std::pair<base::ServerName, std::uint64_t>> overdue;
    for (auto& [server, its] : claims_) {
        const auto capture = operations_.find(its.capture);
        if (capture == operations_.end() || !capture->second.claim || openFailoverOf(server) != nullptr) {
            moot.push_back(server);
        } else if (its.question != 0 && its.look_at <= now()) {
            if (!executor_.takeBack(its.ticket)) executor_.writeOff(its.ticket);
            overdue.emplace_back(server, its.question);
        }
    }
    for (const auto& server : moot) endClaim(server);
    for (const auto& [server, question] : overdue)
        takeTestimony(server, question, {domain::JobAnswer::NotAsked, "an agent that was asked hangs", false});
}

/// Then the request holder's back leg belongs to that.
bool Conductor::provesStandIn(const base::ServerName& server) const {
    const auto its = operations_of_.find(server);
    return its != operations_of_.end() && std::any_of(its->second.begin(), its->second.end(), [this](auto id) {
               return operations_.at(id).state == State::ProvingStandIn;
           });
}

/// Nothing: not before something happens.
std::optional<base::WallTime> Conductor::claimDue(const base::ServerName& server, const PendingClaim& its) const {
    if (its.question != 0) return its.look_at;
    const auto capture = operations_.find(its.capture);
    if (capture == operations_.end()) return now();
    const auto ends = domain::restartEnds(capture->second, inventory_.servers.at(server).boot_within);
    if (ends && *ends == base::WallTime::max()) return std::nullopt;
    if (provesStandIn(server)) return std::nullopt;
    return std::max(its.due, ends.value_or(base::WallTime{}));
}

std::optional<base::WallTime> Conductor::nextClaim() const {
    std::optional<base::WallTime> next;
    for (const auto& [server, its] : claims_) {
        const auto at = claimDue(server, its);
        if (at && (!next || *at < *next)) next = at;
    }
    return next;
}

/// Precondition: what was gathered is durable.
void Conductor::dispatchClaims() {
    for (auto& [server, its] : claims_) {
        const auto due = claimDue(server, its);
        if (its.question != 0 || !due || *due > now()) continue;
        const auto& configured = inventory_.servers.at(server);
        JobQuestion question;
        question.server = configured;
        question.never_ordered = orderFor(inventory_, {server, {}, {}, false}).value_or(protocol::SegmentOrder{});
        question.patience = agent_patience;
        question.lends = stampOf("claim/" + server.text() + "/lend");
        question.gives_back = stampOf("claim/" + server.text() + "/give-back");
        its.question = question.gives_back.sequence;
        ++its.asked;
        its.look_at = now() + question_ends_after;
        const auto run = [question = std::move(question), deliver = deliver_, leads = leads_, &drivers = drivers_] {
            if (!*leads) return;
            JobTestimony testimony;
            try {
                testimony = askServer(drivers, question);
            } catch (const std::exception& exception) {
                testimony = {domain::JobAnswer::NotAsked, fmt::format("unexpected: {}", exception.what()), false};
            }
            deliver(Request([server = question.server.name, number = question.gives_back.sequence,
                             testimony = std::move(testimony)](Conductor& conductor) -> Reply {
                conductor.takeTestimony(server, number, testimony);
                return {};
            }));
        };
        its.ticket = executor_.post({domain::Lane::Ordinary, configured.request_holder.text(), run});
    }
}

void Conductor::takeTestimony(const base::ServerName& server, std::uint64_t question, const JobTestimony& testimony) {
    const auto found = claims_.find(server);
    if (found == claims_.end() || found->second.question != question) return;  // decided otherwise meanwhile
    if (testimony.deposed) return depose(testimony.problem);
    auto& its = found->second;
    its.question = 0;
    const auto verdict = domain::judge(testimony.answer, its.asked);
    if (verdict == ClaimVerdict::AskedAgain) {
        its.due = now() + domain::claim_asked_every;
        return;
    }
    const auto capture = operations_.find(its.capture);
    if (capture == operations_.end() || !capture->second.claim) return endClaim(server);
    const auto claim = *capture->second.claim;
    const std::string reported =
        fmt::format("failure of server '{}' ({}) was reported at {}, while {} {} restarted it", server.text(),
                    claim.cause, domain::momentText(claim.at), nameOf(capture->second.kind), its.capture);
    endClaim(server);
    if (verdict == ClaimVerdict::FailsOver) return failOverLate(server, claim, reported, testimony.problem);
    const bool answers = verdict == ClaimVerdict::Dropped;
    const std::string outcome =
        answers ? "its job answers now, and nothing is started"
                : fmt::format(
                      "whether its job answers is not known: {}; nothing is started; if its job does not "
                      "answer: standinctl failover {}",
                      testimony.problem, server.text());
    tellClaim(answers ? Kind::Notice : Kind::NeedsOperator, server, reported, outcome);
}

void Conductor::failOverLate(const base::ServerName& server, const domain::RestartClaim& claim,
                             const std::string& reported, const std::string& problem) {
    domain::FailureReport report{server, claim.kind, claim.cause, claim.reported_by, clock_.steady()};
    const auto foreseen = foresee(report);
    if (foreseen.kind == Engine::ReportOutcome::Kind::Merged) return;  // an operator was faster
    const std::string silence = fmt::format("its job does not answer after that ({})", problem);
    if (foreseen.kind == Engine::ReportOutcome::Kind::Refused)
        return tellClaim(Kind::NeedsOperator, server, reported,
                         fmt::format("{}, and nothing is started: {}", silence, foreseen.reason));
    report.cause += "; " + silence;
    const auto id = openFailover(report, claim.at);
    tellClaim(Kind::Warning, server, reported, fmt::format("{}: failover {} begins only now", silence, id));
}

void Conductor::tellClaim(Kind kind, const base::ServerName& server, const std::string& reported,
                          const std::string& outcome) {
    const std::string sentence = reported + "; " + outcome;
    lines_.push_back({kind == Kind::Notice ? base::LogLevel::Notice : base::LogLevel::Warning, sentence});
    audit("the coordinator", reported, outcome);
    drivers_.notifier->notify({kind, {}, server.text(), sentence});
}

}  // namespace standin::engine
