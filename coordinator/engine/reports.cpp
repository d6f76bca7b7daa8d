#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/protocol/json_text.hpp"
#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

using domain::Event;
using domain::OperationKind;
using domain::Placement;
using domain::State;

namespace {

/// A refusal that repeats is told again after this time: a chassis that sends a trap every second must not drown
/// everything else.
constexpr std::chrono::seconds refusal_quiet{60};

bool isAnOperators(const domain::FailureReport& report) {
    return report.reported_by.starts_with("operator ");
}

}  // namespace

std::string Conductor::executorOf(const Placement& placement) {
    switch (placement.on) {
        case Placement::On::Server:
            return "the server itself";
        case Placement::On::Nobody:
            return "nobody";
        case Placement::On::StandIn:
            return placement.stand_in.empty() ? "a stand-in" : fmt::format("stand-in '{}'", placement.stand_in.text());
        case Placement::On::Spare:
            return placement.spare.empty() ? "a spare" : fmt::format("spare '{}'", placement.spare.text());
    }
    return "nobody";
}

domain::Operation& Conductor::open(OperationKind kind, const base::ServerName& server, const std::string& asked_by,
                                   base::WallTime failure_at) {
    domain::Operation operation;
    operation.id = ++last_operation_;
    operation.kind = kind;
    operation.server = server;
    operation.opened_at = now();
    operation.failure_at = failure_at;
    operation.asked_by = asked_by;
    if (const auto* row = table_.row(server)) {
        operation.image = row->image;
        operation.image_at = row->image_at;
        const bool usable = kind != OperationKind::Failover || row->standin_ready;
        if (usable) {
            operation.stand_in = row->stand_in;
            operation.stand_in_port = row->stand_in_port;
            operation.stand_in_image_at = row->stand_in_image_at;
        }
        if (kind != OperationKind::Failover) operation.spare = row->spare;
    }
    dirty_.insert(operation.id);
    touched_.insert(operation.id);
    must_commit_ = true;
    operations_of_[server].insert(operation.id);
    auto& opened = operations_[operation.id] = std::move(operation);
    publish("operation", opened,
            fmt::format("{} {} of server '{}' opened by {}", nameOf(kind), opened.id, server.text(), asked_by), "{}");
    return opened;
}

domain::Operation* Conductor::openFailoverOf(const base::ServerName& server) {
    return newestOf(server, [](const domain::Operation& operation) {
        return operation.kind == OperationKind::Failover && isOpen(operation);
    });
}

domain::Operation* Conductor::openOperationOf(const base::ServerName& server) {
    return newestOf(server, &domain::isOpen);
}

domain::Operation* Conductor::newestOf(const base::ServerName& server, bool (*is)(const domain::Operation&)) {
    const auto its = operations_of_.find(server);
    if (its == operations_of_.end()) return nullptr;
    for (auto id = its->second.rbegin(); id != its->second.rend(); ++id) {
        auto& operation = operations_.at(*id);
        if (is(operation)) return &operation;
    }
    return nullptr;
}

/// Why a report of a server that no failover holds starts nothing; empty: it starts one.
std::string Conductor::refusal(const domain::FailureReport& report) {
    const auto& name = report.server.text();
    if (inventory_.servers.count(report.server) == 0) return fmt::format("server '{}' is not configured", name);
    if (observes(report.server)) return domain::observedOnly(adoption_, report.server);
    if (auto found = maintenance_.find(report.server); found != maintenance_.end() && found->second.on) {
        return fmt::format("server '{}' is in maintenance: {}", name, found->second.why);
    }
    if (auto found = placements_.find(report.server);
        found != placements_.end() && found->second.on != Placement::On::Server) {
        return fmt::format("the job of server '{}' is executed by {}, not by the server", name,
                           executorOf(found->second));
    }
    if (table_.row(report.server) == nullptr) {
        return fmt::format(
            "server '{}' has no row in the spare table, nothing can take its job; set a spare: standinctl spare set {}",
            name, name);
    }
    // An operator knows what is going on.
    return isAnOperators(report) ? std::string() : restartOf(report.server);
}

std::string Conductor::rackFailoverOf(const base::ServerName& server) const {
    const auto& rack = inventory_.servers.at(server).rack;
    if (rack.empty()) return {};
    for (const auto& [name, other] : inventory_.servers) {
        if (other.rack != rack || name == server) continue;
        const auto its = operations_of_.find(name);
        if (its == operations_of_.end()) continue;
        for (auto id = its->second.rbegin(); id != its->second.rend(); ++id) {
            const auto& operation = operations_.at(*id);
            const bool goes_on =
                operation.kind == OperationKind::Failover && isOpen(operation) && operation.state != State::Succeeded;
            if (goes_on) {
                return fmt::format("failover {} of server '{}' is {}", operation.id, name.text(),
                                   nameOf(operation.state));
            }
        }
    }
    return {};
}

/// Captures of the rack that have not begun hear of it.
void Conductor::touchCapturesOfRack(const base::ServerName& server) {
    const auto& rack = inventory_.servers.at(server).rack;
    if (rack.empty()) return;
    for (const auto& [name, other] : inventory_.servers) {
        if (other.rack != rack || name == server) continue;
        const auto* operation = openOperationOf(name);
        if (operation != nullptr && operation->state == State::StoppingServer) touched_.insert(operation->id);
    }
}

Engine::ReportOutcome Conductor::foresee(const domain::FailureReport& report) {
    if (const auto* failover = openFailoverOf(report.server)) {
        // Nobody handles the failure of a server that has its job again: that must not be passed over in silence.
        const auto on = placements_.find(report.server);
        if (isResting(failover->state) && on != placements_.end() && on->second.on == Placement::On::Server) {
            return {Engine::ReportOutcome::Kind::Refused, 0,
                    fmt::format("failover {} is not closed although server '{}' has its job again; close it: "
                                "standinctl operation close {}, then ask for a failover: standinctl failover {}",
                                failover->id, report.server.text(), failover->id, report.server.text())};
        }
        return {Engine::ReportOutcome::Kind::Merged, failover->id,
                fmt::format("failover {} handles server '{}' already", failover->id, report.server.text())};
    }
    auto reason = refusal(report);
    const auto kind = reason.empty() ? Engine::ReportOutcome::Kind::Opened : Engine::ReportOutcome::Kind::Refused;
    return {kind, 0, std::move(reason)};
}

Engine::ReportOutcome Conductor::report(const domain::FailureReport& report) {
    auto foreseen = foresee(report);
    if (foreseen.kind == Engine::ReportOutcome::Kind::Merged) {
        ++operations_.at(foreseen.operation).reports;
        dirty_.insert(foreseen.operation);
        return foreseen;
    }
    if (foreseen.kind == Engine::ReportOutcome::Kind::Refused) {
        const auto& reason = foreseen.reason;
        noteObserved(report);
        if (reason == restartOf(report.server)) keepClaim(report);
        auto& told = told_refusals_[report.server];
        if (told.first != reason || told.second + refusal_quiet <= now()) {
            if (told_refusals_.size() > 4096) told_refusals_.clear();  // names from outside: bounded
            told_refusals_[report.server] = {reason, now()};
            lines_.push_back({base::LogLevel::Warning, fmt::format("failure of server '{}' ({}) starts nothing: {}",
                                                                   report.server.text(), report.cause, reason)});
            published_.push_back(
                {"report", now(), 0, report.server.text(),
                 fmt::format("failure of server '{}' starts nothing: {}", report.server.text(), reason),
                 protocol::jsonText(nlohmann::json{{"kind", report.kind}, {"cause", report.cause}, {"reason", reason}}),
                 0});
            audit(report.reported_by, fmt::format("failure '{}' of server '{}'", report.kind, report.server.text()),
                  "refused: " + reason);
            drivers_.notifier->notify({drivers::Notification::Kind::Warning,
                                       {},
                                       report.server.text(),
                                       fmt::format("failure of server '{}' ({}) starts nothing: {}",
                                                   report.server.text(), report.cause, reason)});
        }
        return foreseen;
    }
    return {Engine::ReportOutcome::Kind::Opened, openFailover(report, timeline_.at(report.received)), {}};
}

domain::OperationId Conductor::openFailover(const domain::FailureReport& report, base::WallTime failure_at) {
    auto* other = openOperationOf(report.server);
    auto& failover = open(OperationKind::Failover, report.server, report.reported_by, failure_at);
    failover.failure = report.kind;
    failover.cause = report.cause;
    if (other != nullptr) preempt(*other, failover.id);
    touchCapturesOfRack(report.server);
    audit(report.reported_by, fmt::format("failure '{}' of server '{}'", report.kind, report.server.text()),
          fmt::format("failover {}", failover.id));
    return failover.id;
}

/// What was going on with the server gives way, and cleans up what it had half made.
void Conductor::preempt(domain::Operation& operation, domain::OperationId by) {
    accept(operation, Event::Preempted,
           fmt::format("server '{}' has failed: failover {}", operation.server.text(), by));
}

}  // namespace standin::engine
