#include "coordinator/engine/restart_claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "coordinator/domain/admission.hpp"
#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/placement_order.hpp"

namespace standin::engine {

using domain::ClaimVerdict;
using domain::Operation;
using Kind = drivers::Notification::Kind;

namespace {

constexpr std::chrono::milliseconds agent_patience{3000};
/// The switch's agent is asked up to four times, the request holder once.
constexpr std::chrono::milliseconds question_ends_after = 5 * agent_patience + questioned_for + std::chrono::seconds(2);

}  // namespace

std::string RestartClaims::restartOf(const base::ServerName& server) const {
    const auto* capture = state_.operations.restartingCaptureOf(server);
    return capture == nullptr ? std::string() : domain::restartSentence(*capture, state_.server(server));
}

void RestartClaims::keep(const domain::FailureReport& report) {
    const auto* restarting = state_.operations.restartingCaptureOf(report.server);
    if (restarting == nullptr || state_.server(report.server).holder_ports.back.empty()) return;
    auto& capture = state_.operations.at(restarting->id);
    if (capture.claim) return;  // one question answers them all
    capture.claim =
        domain::RestartClaim{report.kind, report.cause, report.reported_by, state_.timeline.at(report.received)};
    claims_[report.server] = {capture.id};
    state_.batch.changed(capture.id);
    state_.batch.mustCommit();
}

void RestartClaims::recover() {
    for (const auto& [id, operation] : state_.operations.all()) {
        if (operation.claim && state_.knows(operation.server)) claims_[operation.server] = {id};
    }
}

void RestartClaims::end(const base::ServerName& server) {
    const auto found = claims_.find(server);
    if (found == claims_.end()) return;
    if (auto* capture = state_.operations.find(found->second.capture)) {
        capture->claim.reset();
        state_.batch.changed(capture->id);
    }
    claims_.erase(found);
}

void RestartClaims::settle() {
    std::vector<base::ServerName> moot;
    std::vector<std::pair<base::ServerName, std::uint64_t>> overdue;
    for (auto& [server, its] : claims_) {
        const auto* capture = state_.operations.find(its.capture);
        if (capture == nullptr || !capture->claim || state_.operations.openFailoverOf(server) != nullptr) {
            moot.push_back(server);
        } else if (its.question != 0 && its.look_at <= state_.now()) {
            if (!state_.executor.takeBack(its.ticket)) state_.executor.writeOff(its.ticket);
            overdue.emplace_back(server, its.question);
        }
    }
    for (const auto& server : moot) end(server);
    for (const auto& [server, question] : overdue)
        take(server, question, {domain::JobAnswer::NotAsked, "an agent that was asked hangs", false});
}

/// Then the request holder's back leg belongs to that.
bool RestartClaims::provesStandIn(const base::ServerName& server) const {
    return state_.operations.newestOf(server, [](const Operation& operation) {
        return operation.state == domain::State::ProvingStandIn;
    }) != nullptr;
}

/// Nothing: not before something happens.
std::optional<base::WallTime> RestartClaims::dueAt(const base::ServerName& server, const Claim& its) const {
    if (its.question != 0) return its.look_at;
    const auto* capture = state_.operations.find(its.capture);
    if (capture == nullptr) return state_.now();
    const auto ends = domain::restartEnds(*capture, state_.server(server).boot_within);
    if (ends && *ends == base::WallTime::max()) return std::nullopt;
    if (provesStandIn(server)) return std::nullopt;
    return std::max(its.due, ends.value_or(base::WallTime{}));
}

std::optional<base::WallTime> RestartClaims::next() const {
    std::optional<base::WallTime> next;
    for (const auto& [server, its] : claims_) {
        const auto at = dueAt(server, its);
        if (at && (!next || *at < *next)) next = at;
    }
    return next;
}

JobQuestion RestartClaims::questionFor(const base::ServerName& server) {
    JobQuestion question;
    question.server = state_.server(server);
    question.never_ordered = orderFor(state_.inventory, {server, {}, {}, false}).value_or(protocol::SegmentOrder{});
    question.patience = agent_patience;
    question.lends = state_.leadership.stampOf("claim/" + server.text() + "/lend");
    question.gives_back = state_.leadership.stampOf("claim/" + server.text() + "/give-back");
    return question;
}

void RestartClaims::dispatch() {
    for (auto& [server, its] : claims_) {
        const auto due = dueAt(server, its);
        if (its.question != 0 || !due || *due > state_.now()) continue;
        auto question = questionFor(server);
        its.question = question.gives_back.sequence;
        ++its.asked;
        its.look_at = state_.now() + question_ends_after;
        const auto whom = question.server.request_holder.text();
        const auto run = [question = std::move(question), deliver = state_.deliver, leads = state_.leadership.flag(),
                          &drivers = state_.drivers] {
            if (!*leads) return;
            JobTestimony testimony;
            try {
                testimony = askServer(drivers, question);
            } catch (const std::exception& exception) {
                testimony = {domain::JobAnswer::NotAsked, fmt::format("unexpected: {}", exception.what()), false};
            }
            deliver(Request([server = question.server.name, number = question.gives_back.sequence,
                             testimony = std::move(testimony)](Conductor& conductor) -> Reply {
                if (const auto late = conductor.claims().take(server, number, testimony))
                    conductor.reports().failOverLate(*late);
                return {};
            }));
        };
        its.ticket = state_.executor.post({domain::Lane::Ordinary, whom, run});
    }
}

std::optional<LateFailure> RestartClaims::take(const base::ServerName& server, std::uint64_t question,
                                               const JobTestimony& testimony) {
    const auto found = claims_.find(server);
    if (found == claims_.end() || found->second.question != question) return {};  // decided otherwise meanwhile
    if (testimony.deposed) {
        state_.leadership.depose(testimony.problem);
        return {};
    }
    auto& its = found->second;
    its.question = 0;
    const auto verdict = domain::judge(testimony.answer, its.asked);
    if (verdict == ClaimVerdict::AskedAgain) {
        its.due = state_.now() + domain::claim_asked_every;
        return {};
    }
    const auto* capture = state_.operations.find(its.capture);
    const auto claim = capture == nullptr ? std::nullopt : capture->claim;
    const std::string restarted_by = capture == nullptr ? "" : fmt::format("{} {}", nameOf(capture->kind), capture->id);
    end(server);
    if (!claim) return {};
    const std::string reported = fmt::format("failure of server '{}' ({}) was reported at {}, while {} restarted it",
                                             server.text(), claim->cause, domain::momentText(claim->at), restarted_by);
    if (verdict == ClaimVerdict::FailsOver) return LateFailure{server, *claim, reported, testimony.problem};
    const bool answers = verdict == ClaimVerdict::Dropped;
    report(answers ? Kind::Notice : Kind::NeedsOperator, server, reported,
           answers ? "its job answers now, and nothing is started"
                   : fmt::format("whether its job answers is not known: {}; nothing is started; if its job does not "
                                 "answer: standinctl failover {}",
                                 testimony.problem, server.text()));
    return {};
}

void RestartClaims::report(Kind kind, const base::ServerName& server, const std::string& reported,
                           const std::string& outcome) {
    const std::string sentence = reported + "; " + outcome;
    state_.batch.log(kind == Kind::Notice ? base::LogLevel::Notice : base::LogLevel::Warning, sentence);
    state_.batch.audit("the coordinator", reported, outcome);
    state_.notify(kind, server.text(), sentence);
}

}  // namespace standin::engine
