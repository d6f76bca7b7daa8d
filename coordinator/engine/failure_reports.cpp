#include "coordinator/engine/failure_reports.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "agent/protocol/json_text.hpp"

namespace standin::engine {

using domain::FailureReport;
using domain::OperationId;
using Kind = drivers::Notification::Kind;
using Outcome = Engine::ReportOutcome::Kind;

namespace {

/// A refusal that repeats is reported again after this time: a chassis that sends a trap every second must not drown
/// everything else.
constexpr std::chrono::seconds refusal_quiet{60};
/// Names come from outside.
constexpr std::size_t most_reported_refusals = 4096;

}  // namespace

Engine::ReportOutcome FailureReports::foresee(const FailureReport& report) const {
    const auto facts = facts_.of(report.server);
    if (facts.failover != nullptr) {
        if (auto reason = domain::unhandled(facts); !reason.empty()) return {Outcome::Refused, 0, std::move(reason)};
        return {Outcome::Merged, facts.failover->id,
                fmt::format("failover {} handles server '{}' already", facts.failover->id, report.server.text())};
    }
    const auto maintained = state_.maintenance.reason(report.server);
    auto reason = domain::reportRefusal(facts, {report.reported_by.starts_with("operator "), maintained.has_value(),
                                                maintained.value_or(""), claims_.restartOf(report.server)});
    const auto kind = reason.empty() ? Outcome::Opened : Outcome::Refused;
    return {kind, 0, std::move(reason)};
}

Engine::ReportOutcome FailureReports::report(const FailureReport& report) {
    auto foreseen = foresee(report);
    if (foreseen.kind == Outcome::Opened)
        return {Outcome::Opened, openFailover(report, state_.timeline.at(report.received)), {}};
    if (foreseen.kind == Outcome::Merged) {
        auto& failover = state_.operations.at(foreseen.operation);
        ++failover.reports;
        domain::addMessages(failover, report.messages);
        state_.batch.changed(foreseen.operation);
        joinUnconfirmed(failover, report);
    } else {
        refuse(report, foreseen.reason);
    }
    return foreseen;
}

/// A further report is newer than what was found out, and may be of a kind that demands less evidence.
void FailureReports::joinUnconfirmed(domain::Operation& failover, const FailureReport& report) {
    if (failover.confirmed) return;
    state_.batch.recorder().joined(failover.id);
    if (report.reported_by.starts_with("operator ")) {  // a person who says so has looked
        failover.asked_by = report.reported_by;
        decisions_.accept(failover, domain::Event::OperatorRetries, "confirmed by " + report.reported_by);
        return state_.batch.touch(failover.id);
    }
    const auto& evidence = state_.server(failover.server).evidence;
    if (evidence.policyFor(report.kind) < evidence.policyFor(failover.failure)) {
        failover.failure = report.kind;
        failover.cause = report.cause;
    }
    failover.verify_again = failover.state == domain::State::Verifying || failover.state == domain::State::StandingDown;
    state_.batch.touch(failover.id);
}

void FailureReports::refuse(const FailureReport& report, const std::string& reason) {
    const auto& server = report.server.text();
    adoption_.noteFailure(report);
    if (reason == claims_.restartOf(report.server)) claims_.keep(report);
    const auto& last = reported_refusals_[report.server];
    if (last.first == reason && last.second + refusal_quiet > state_.now()) return;
    if (reported_refusals_.size() > most_reported_refusals) reported_refusals_.clear();
    reported_refusals_[report.server] = {reason, state_.now()};
    state_.batch.publish(
        {"report", state_.now(), 0, server, fmt::format("failure of server '{}' starts nothing: {}", server, reason),
         protocol::jsonText(nlohmann::json{{"kind", report.kind}, {"cause", report.cause}, {"reason", reason}}), 0});
    state_.batch.audit(report.reported_by, fmt::format("failure '{}' of server '{}'", report.kind, server),
                       "refused: " + reason);
    state_.batch.warn(server,
                      fmt::format("failure of server '{}' ({}) starts nothing: {}", server, report.cause, reason));
}

/// What was going on with the server gives way, and cleans up what it had half made.
OperationId FailureReports::openFailover(const FailureReport& report, base::WallTime failure_at) {
    const auto& server = report.server;
    const auto* other = state_.operations.openOf(server);
    auto& failover = state_.operations.open(domain::OperationKind::Failover, server, report.reported_by, failure_at,
                                            state_.spares.row(server));
    failover.failure = report.kind;
    failover.cause = report.cause;
    domain::addMessages(failover, report.messages);
    failover.confirmed = false;
    failover.suspected = state_.operations.wasRefuted(server);
    if (other != nullptr) {
        decisions_.accept(state_.operations.at(other->id), domain::Event::Preempted,
                          fmt::format("server '{}' has failed: failover {}", server.text(), failover.id));
    }
    state_.operations.touchCapturesOfRack(server);
    state_.batch.audit(report.reported_by, fmt::format("failure '{}' of server '{}'", report.kind, server.text()),
                       fmt::format("failover {}", failover.id));
    return failover.id;
}

void FailureReports::failOverLate(const LateFailure& late) {
    FailureReport report{late.server, late.claim.kind, late.claim.cause, late.claim.reported_by, state_.clock.steady()};
    const auto foreseen = foresee(report);
    if (foreseen.kind == Outcome::Merged) return;  // an operator was faster
    const std::string silence = fmt::format("its job does not answer after that ({})", late.problem);
    if (foreseen.kind == Outcome::Refused) {
        return claims_.report(Kind::NeedsOperator, late.server, late.reported,
                              fmt::format("{}, and nothing is started: {}", silence, foreseen.reason));
    }
    report.cause += "; " + silence;
    const auto id = openFailover(report, late.claim.at);
    claims_.report(Kind::Warning, late.server, late.reported,
                   fmt::format("{}: failover {} begins only now", silence, id));
}

}  // namespace standin::engine
