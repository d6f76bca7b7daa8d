#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;
using domain::Event;
using domain::OperationKind;
using domain::Placement;
using domain::State;

namespace {

/// A refusal that repeats is told again after this time: a chassis that sends a trap every second must not drown
/// everything else.
constexpr std::chrono::seconds refusal_quiet{60};

/// Leaves room in a stand-in's name for the operation's id.
constexpr std::size_t longest_server_name = 42;

std::string where(const Placement& placement) {
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

}  // namespace

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
        const bool usable = kind != OperationKind::Failover || row->standin_ready;
        if (usable) {
            operation.stand_in = row->stand_in;
            operation.stand_in_port = row->stand_in_port;
        }
        if (kind != OperationKind::Failover) operation.spare = row->spare;
    }
    dirty_.insert(operation.id);
    touched_.insert(operation.id);
    must_commit_ = true;
    auto& opened = operations_[operation.id] = std::move(operation);
    publish("operation", opened,
            fmt::format("{} {} of server '{}' opened by {}", nameOf(kind), opened.id, server.text(), asked_by), "{}");
    return opened;
}

domain::Operation* Conductor::openFailoverOf(const base::ServerName& server) {
    for (auto it = operations_.rbegin(); it != operations_.rend(); ++it) {
        auto& operation = it->second;
        if (operation.server == server && operation.kind == OperationKind::Failover && isOpen(operation))
            return &operation;
    }
    return nullptr;
}

domain::Operation* Conductor::openOperationOf(const base::ServerName& server) {
    for (auto it = operations_.rbegin(); it != operations_.rend(); ++it) {
        if (it->second.server == server && isOpen(it->second)) return &it->second;
    }
    return nullptr;
}

/// Why a report of a server that no failover holds starts nothing; empty: it starts one.
std::string Conductor::refusal(const domain::FailureReport& report) {
    const auto& name = report.server.text();
    if (inventory_.servers.count(report.server) == 0) return fmt::format("server '{}' is not configured", name);
    if (auto found = maintenance_.find(report.server); found != maintenance_.end() && found->second.on) {
        return fmt::format("server '{}' is in maintenance: {}", name, found->second.why);
    }
    if (auto found = placements_.find(report.server);
        found != placements_.end() && found->second.on != Placement::On::Server) {
        return fmt::format("the job of server '{}' is executed by {}, not by the server", name, where(found->second));
    }
    if (table_.row(report.server) == nullptr) {
        return fmt::format(
            "server '{}' has no row in the spare table, nothing can take its job; set a spare: standinctl spare set {}",
            name, name);
    }
    if (const auto* operation = openOperationOf(report.server)) {
        const bool switching = operation->state == State::StoppingServer || operation->state == State::CapturingImage ||
                               operation->state == State::StartingServer || operation->state == State::RestartingServer;
        if (switching && report.kind == "power" && inventory_.capture_way == domain::CaptureWay::Restart) {
            return fmt::format("the power of server '{}' is switched by {} {}", name, nameOf(operation->kind),
                               operation->id);
        }
    }
    return {};
}

Engine::ReportOutcome Conductor::report(const domain::FailureReport& report) {
    if (auto* failover = openFailoverOf(report.server)) {
        ++failover->reports;
        dirty_.insert(failover->id);
        return {Engine::ReportOutcome::Kind::Merged, failover->id,
                fmt::format("failover {} handles server '{}' already", failover->id, report.server.text())};
    }
    const std::string reason = refusal(report);
    if (!reason.empty()) {
        auto& told = told_refusals_[report.server];
        if (told.first != reason || told.second + refusal_quiet <= now()) {
            if (told_refusals_.size() > 4096) told_refusals_.clear();  // names from outside: bounded
            told_refusals_[report.server] = {reason, now()};
            lines_.push_back({base::LogLevel::Warning, fmt::format("failure of server '{}' ({}) starts nothing: {}",
                                                                   report.server.text(), report.cause, reason)});
            published_.push_back(
                {"report", now(), 0, report.server.text(),
                 fmt::format("failure of server '{}' starts nothing: {}", report.server.text(), reason),
                 nlohmann::json{{"kind", report.kind}, {"cause", report.cause}, {"reason", reason}}.dump(), 0});
            audit(report.reported_by, fmt::format("failure '{}' of server '{}'", report.kind, report.server.text()),
                  "refused: " + reason);
            drivers_.notifier->notify({drivers::Notification::Kind::Warning,
                                       {},
                                       report.server.text(),
                                       fmt::format("failure of server '{}' ({}) starts nothing: {}",
                                                   report.server.text(), report.cause, reason)});
        }
        return {Engine::ReportOutcome::Kind::Refused, 0, reason};
    }
    auto* other = openOperationOf(report.server);
    auto& failover = open(OperationKind::Failover, report.server, report.reported_by, timeline_.at(report.received));
    failover.failure = report.kind;
    failover.cause = report.cause;
    if (other != nullptr) preempt(*other, failover.id);
    audit(report.reported_by, fmt::format("failure '{}' of server '{}'", report.kind, report.server.text()),
          fmt::format("failover {}", failover.id));
    return {Engine::ReportOutcome::Kind::Opened, failover.id, {}};
}

/// What was going on with the server gives way, and cleans up what it had half made.
void Conductor::preempt(domain::Operation& operation, domain::OperationId by) {
    auto decision =
        domain::accept(operation, Event::Preempted,
                       fmt::format("server '{}' has failed: failover {}", operation.server.text(), by), now());
    if (!decision) return;
    operation = std::move(decision->after);
    changed(operation, decision->changes);
    touched_.insert(operation.id);
}

Result<void> Conductor::mayPrepare(const OperationRequest& request) {
    const auto& name = request.server.text();
    if (inventory_.servers.count(request.server) == 0)
        return failure(ErrorCode::NotFound, fmt::format("server '{}' is not configured", name));
    if (name.size() > longest_server_name) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("the name of server '{}' is too long for a stand-in's: at most {} characters", name,
                                   longest_server_name));
    }
    if (const auto* operation = openOperationOf(request.server)) {
        return failure(ErrorCode::Conflict,
                       fmt::format("{} {} of server '{}' is not closed: it is {}", nameOf(operation->kind),
                                   operation->id, name, nameOf(operation->state)));
    }
    if (auto found = placements_.find(request.server);
        found != placements_.end() && found->second.on != Placement::On::Server) {
        return failure(
            ErrorCode::WrongState,
            fmt::format("the job of server '{}' is executed by {}; bring it back first", name, where(found->second)));
    }
    if (request.kind == OperationKind::Backup) return {};
    const auto* row = table_.row(request.server);
    if (row == nullptr) {
        return failure(
            ErrorCode::WrongState,
            fmt::format("server '{}' has no row in the spare table; set a spare first: standinctl spare set {}", name,
                        name));
    }
    if (request.kind == OperationKind::Prepare && row->image.empty()) {
        return failure(
            ErrorCode::WrongState,
            fmt::format("the row of server '{}' names no image; capture one first: standinctl image backup {}", name,
                        name));
    }
    return {};
}

Result<domain::OperationId> Conductor::request(const OperationRequest& request) {
    const std::string what = fmt::format("{} of server '{}'", nameOf(request.kind), request.server.text());
    if (request.kind == OperationKind::Failover) {
        if (inventory_.servers.count(request.server) == 0)
            return failure(ErrorCode::NotFound, fmt::format("server '{}' is not configured", request.server.text()));
        const std::string cause = request.cause.empty() ? "requested by " + request.asked_by : request.cause;
        const auto outcome = report({request.server, "operator", cause, request.asked_by, clock_.steady()});
        if (outcome.kind == Engine::ReportOutcome::Kind::Opened) return outcome.operation;
        return failure(
            outcome.kind == Engine::ReportOutcome::Kind::Merged ? ErrorCode::Conflict : ErrorCode::WrongState,
            outcome.reason);
    }
    auto allowed = mayPrepare(request);
    if (!allowed) {
        audit(request.asked_by, what, "refused: " + allowed.error().message);
        return failure(allowed.error());
    }
    auto& operation = open(request.kind, request.server, request.asked_by, now());
    operation.cause = request.cause.empty() ? "requested by " + request.asked_by : request.cause;
    if (request.kind != OperationKind::Backup)
        operation.new_stand_in = base::StandInName(fmt::format("{}-{}", request.server.text(), operation.id));
    if (request.kind != OperationKind::Prepare) {
        operation.previous_image = operation.image;
        const auto seconds = std::chrono::system_clock::to_time_t(now());
        operation.image =
            !request.image.empty()
                ? request.image
                : base::ImageId(fmt::format("{}-{:%Y%m%dT%H%M%S}", request.server.text(), fmt::gmtime(seconds)));
    }
    audit(request.asked_by, what, fmt::format("operation {}", operation.id));
    return operation.id;
}

Result<void> Conductor::retry(domain::OperationId id, const std::string& asked_by) {
    auto found = operations_.find(id);
    if (found == operations_.end()) return failure(ErrorCode::NotFound, fmt::format("there is no operation {}", id));
    auto decision = domain::accept(found->second, Event::OperatorRetries, "retried by " + asked_by, now());
    if (!decision) {
        return failure(
            ErrorCode::WrongState,
            fmt::format("{} {} is {}; only a failover that needs the operator or ended abnormally is retried",
                        nameOf(found->second.kind), id, nameOf(found->second.state)));
    }
    for (const auto& spare : found->second.failed_spares) table_.release(spare, id);  // they may be tried again
    leasesChanged();
    found->second = std::move(decision->after);
    changed(found->second, decision->changes);
    touched_.insert(id);
    audit(asked_by, fmt::format("retry of operation {}", id), "accepted");
    return {};
}

Result<void> Conductor::confirmFence(domain::OperationId id, const std::string& asked_by) {
    auto found = operations_.find(id);
    if (found == operations_.end()) return failure(ErrorCode::NotFound, fmt::format("there is no operation {}", id));
    auto& operation = found->second;
    if (operation.kind != OperationKind::Failover || !isOpen(operation) || operation.state == State::Closing) {
        return failure(ErrorCode::WrongState, fmt::format("{} {} is {}; only an open failover has a fence to confirm",
                                                          nameOf(operation.kind), id, nameOf(operation.state)));
    }
    auto& step = operation.at({domain::StepName::FencePower, operation.server.text()});
    step.state = domain::StepState::Done;
    step.ended = now();
    if (step.attempts == 0) step.first_started = step.started = step.ended;
    step.message = fmt::format("confirmed as off by {}", asked_by);
    publishStep(operation, step);
    dirty_.insert(id);
    touched_.insert(id);
    must_commit_ = true;
    audit(asked_by, fmt::format("fence of server '{}' confirmed", operation.server.text()),
          fmt::format("operation {}", id));
    if (operation.state == State::NeedsOperator) return retry(id, asked_by);
    return {};
}

Result<void> Conductor::close(domain::OperationId id, const std::string& asked_by) {
    auto found = operations_.find(id);
    if (found == operations_.end()) return failure(ErrorCode::NotFound, fmt::format("there is no operation {}", id));
    auto& operation = found->second;
    if (auto on = placements_.find(operation.server); on != placements_.end() &&
                                                      on->second.on == Placement::On::StandIn &&
                                                      on->second.stand_in == operation.stand_in && isOpen(operation)) {
        return failure(ErrorCode::Conflict, fmt::format("failover {} cannot be closed while stand-in '{}' executes the "
                                                        "job; retry it with a spare, or bring the job back to the "
                                                        "server and say so: standinctl returned {}",
                                                        id, operation.stand_in.text(), operation.server.text()));
    }
    auto decision = domain::accept(operation, Event::OperatorCloses, "closed by " + asked_by, now());
    if (!decision) {
        return failure(ErrorCode::WrongState, fmt::format("{} {} is {}; only a failover at rest is closed",
                                                          nameOf(operation.kind), id, nameOf(operation.state)));
    }
    operation = std::move(decision->after);
    changed(operation, decision->changes);
    touched_.insert(id);
    audit(asked_by, fmt::format("close of operation {}", id), "accepted");
    return {};
}

Result<void> Conductor::returned(const base::ServerName& server, const std::string& asked_by) {
    if (inventory_.servers.count(server) == 0)
        return failure(ErrorCode::NotFound, fmt::format("server '{}' is not configured", server.text()));
    if (const auto* failover = openFailoverOf(server); failover != nullptr && !isResting(failover->state)) {
        return failure(ErrorCode::Conflict,
                       fmt::format("failover {} is going on: it is {}", failover->id, nameOf(failover->state)));
    }
    setPlacement(server, {});
    // Spares that closed failovers of this server had left executing the job are free again, or their row's.
    for (const auto& [spare, lease] : std::map(table_.leases())) {
        if (lease.server != server || lease.failover == 0) continue;
        auto held = operations_.find(lease.failover);
        if (held == operations_.end() || !isOpen(held->second)) table_.release(spare, lease.failover);
    }
    leasesChanged();
    audit(asked_by, fmt::format("job of server '{}' returned", server.text()), "accepted");
    return {};
}

}  // namespace standin::engine
