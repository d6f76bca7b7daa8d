#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/transitions.hpp"
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

/// Leaves room in a stand-in's name for the operation's id.
constexpr std::size_t longest_server_name = 42;

}  // namespace

/// What holds the server, and how it lets it go.
base::Error Conductor::notClosed(const domain::Operation& operation) {
    const char* const cure = isResting(operation.state) ? "close it first: standinctl operation close"
                                                        : "wait for its end: standinctl operation watch";
    return {ErrorCode::Conflict,
            fmt::format("{} {} of server '{}' is not closed: it is {}; {} {}", nameOf(operation.kind), operation.id,
                        operation.server.text(), nameOf(operation.state), cure, operation.id)};
}

Result<void> Conductor::serverHasItsJob(const base::ServerName& server) const {
    const auto found = placements_.find(server);
    if (found == placements_.end() || found->second.on == Placement::On::Server) return {};
    return failure(ErrorCode::WrongState, fmt::format("the job of server '{}' is executed by {}; bring it back first",
                                                      server.text(), executorOf(found->second)));
}

/// A stand-in on a machine that is somebody's spare would keep that from being used (S106, S184).
Result<void> Conductor::hostIsThere(const base::ServerName& server) const {
    const auto& host = inventory_.servers.at(server).vm_host;
    const auto* lease = leaseOfHost(host);
    if (lease == nullptr) return {};
    return failure(
        ErrorCode::Conflict,
        fmt::format("VM host '{}' of server '{}' is spare '{}', and that is {}; name another vm_host for the "
                    "server, or another spare",
                    host.text(), server.text(), lease->spare.text(), lease->reason));
}

/// As far as it does not depend on the server's row.
Result<void> Conductor::mayBegin(const OperationRequest& request) {
    const auto& name = request.server.text();
    if (inventory_.servers.count(request.server) == 0)
        return failure(ErrorCode::NotFound, fmt::format("server '{}' is not configured", name));
    if (name.size() > longest_server_name) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("the name of server '{}' is too long for a stand-in's: at most {} characters", name,
                                   longest_server_name));
    }
    if (auto acts = notObserved(request.server); !acts) return acts;
    if (const auto* operation = openOperationOf(request.server)) return failure(notClosed(*operation));
    auto has_its_job = serverHasItsJob(request.server);
    if (!has_its_job) return has_its_job;
    if (auto stays = notBeingReturned(request.server); !stays) return stays;
    const bool captures = request.kind == OperationKind::Backup || request.kind == OperationKind::Refresh;
    if (captures && inventory_.capture_way == domain::CaptureWay::Restart) {
        if (const auto failure_of_rack = rackFailoverOf(request.server); !failure_of_rack.empty()) {
            return failure(
                ErrorCode::Conflict,
                fmt::format("server '{}' is not switched off for a capture while its rack has a failure: {}; "
                            "ask again when it has ended",
                            name, failure_of_rack));
        }
    }
    return request.kind == OperationKind::Backup ? Result<void>() : hostIsThere(request.server);
}

Result<void> Conductor::mayPrepare(const OperationRequest& request) {
    auto may = mayBegin(request);
    if (!may || request.kind == OperationKind::Backup) return may;
    const auto& name = request.server.text();
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
        operation.image_at = {};  // known when it is captured
        const auto seconds = std::chrono::system_clock::to_time_t(now());
        operation.image =
            !request.image.empty()
                ? request.image
                : base::ImageId(fmt::format("{}-{:%Y%m%dT%H%M%S}", request.server.text(), fmt::gmtime(seconds)));
    }
    audit(request.asked_by, what, fmt::format("operation {}", operation.id));
    return operation.id;
}

Result<void> Conductor::mayRetry(const domain::Operation& operation) const {
    auto stays = notBeingReturned(operation.server);
    if (!stays) return stays;
    // Its fences are confirmed, but of a server that was repaired since: nothing would keep the two apart.
    if (const auto on = placements_.find(operation.server); operation.kind == OperationKind::Failover &&
                                                            on != placements_.end() &&
                                                            on->second.on == Placement::On::Server) {
        return failure(ErrorCode::WrongState,
                       fmt::format("server '{}' executes its job again; close it: standinctl operation close {}",
                                   operation.server.text(), operation.id));
    }
    if (domain::successor(operation.kind, operation.state, Event::OperatorRetries)) return {};
    return failure(ErrorCode::WrongState,
                   fmt::format("{} {} is {}; only a failover that needs the operator or ended abnormally is retried",
                               nameOf(operation.kind), operation.id, nameOf(operation.state)));
}

Result<void> Conductor::retry(domain::OperationId id, const std::string& asked_by) {
    auto found = operations_.find(id);
    if (found == operations_.end()) return failure(ErrorCode::NotFound, fmt::format("there is no operation {}", id));
    auto may = mayRetry(found->second);
    if (!may) return may;
    const auto failed_spares = found->second.failed_spares;
    const bool accepted = accept(found->second, Event::OperatorRetries, "retried by " + asked_by);
    STANDIN_ASSERT(accepted);
    for (const auto& spare : failed_spares) table_.release(spare, id);  // they may be tried again
    leasesChanged();
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
    // What it leads to is admitted first: a confirmation that is refused has changed nothing.
    if (operation.state == State::NeedsOperator) {
        auto may = mayRetry(operation);
        if (!may) return may;
    }
    const auto moment = now();
    recorder_.confirmed(operation, asked_by, moment);
    domain::confirmPowerFence(operation, asked_by, moment);
    publishStep(operation, *operation.find(domain::StepName::FencePower, operation.server.text()));
    dirty_.insert(id);
    touched_.insert(id);
    must_commit_ = true;
    audit(asked_by, fmt::format("fence of server '{}' confirmed", operation.server.text()),
          fmt::format("operation {}", id));
    if (operation.state == State::NeedsOperator) return retry(id, asked_by);
    return {};
}

/// Nobody is known to execute the job, but somebody may: closing would delete or give back the machine that does (rule
/// 6).
bool Conductor::mayHaveGivenSegment(const domain::Operation& operation) const {
    const auto on = placements_.find(operation.server);
    if (on == placements_.end() || on->second.on != Placement::On::Nobody) return false;
    return std::any_of(operation.steps.begin(), operation.steps.end(), [](const domain::Step& step) {
        const bool gives =
            step.id.name == domain::StepName::GiveSegment || step.id.name == domain::StepName::GiveSegmentToSpare;
        return gives && step.attempts > 0 && step.state != domain::StepState::Done;
    });
}

Result<void> Conductor::close(domain::OperationId id, const std::string& asked_by, bool discard_data) {
    auto found = operations_.find(id);
    if (found == operations_.end()) return failure(ErrorCode::NotFound, fmt::format("there is no operation {}", id));
    auto& operation = found->second;
    if (discard_data && operation.kind == OperationKind::Failover && operation.state == State::Closed)
        return discardKept(operation, asked_by);
    if (auto may = mayClose(operation); !may) return may;
    if (!accept(operation, Event::OperatorCloses,
                fmt::format("closed by {}{}", asked_by, discard_data ? ", its data are discarded" : ""),
                discard_data)) {
        return failure(ErrorCode::WrongState, fmt::format("{} {} is {}; only a failover at rest is closed",
                                                          nameOf(operation.kind), id, nameOf(operation.state)));
    }
    audit(asked_by, fmt::format("close of operation {}{}", id, discard_data ? ", its data are discarded" : ""),
          "accepted");
    return {};
}

/// Nobody executes the job on a machine that would be deleted or given back.
Result<void> Conductor::mayClose(const domain::Operation& operation) const {
    const auto id = operation.id;
    if (auto on = placements_.find(operation.server); on != placements_.end() &&
                                                      on->second.on == Placement::On::StandIn &&
                                                      on->second.stand_in == operation.stand_in && isOpen(operation)) {
        return failure(ErrorCode::Conflict, fmt::format("failover {} cannot be closed while stand-in '{}' executes the "
                                                        "job; retry it with a spare, or bring the job back to the "
                                                        "server and say so: standinctl returned {}",
                                                        id, operation.stand_in.text(), operation.server.text()));
    }
    if (auto on = placements_.find(operation.server);
        on != placements_.end() && on->second.on == Placement::On::Nobody && !on->second.stand_in.empty() &&
        on->second.stand_in == operation.stand_in && isOpen(operation)) {
        return failure(
            ErrorCode::Conflict,
            fmt::format("failover {} cannot be closed: nobody executes the job, and what was done last is "
                        "on stand-in '{}'{}; retry it, or bring the job back to the server and say so: "
                        "standinctl returned {}",
                        id, operation.stand_in.text(),
                        on->second.spare.empty()
                            ? ""
                            : fmt::format(" and, as far as it was handed over, on spare '{}'", on->second.spare.text()),
                        operation.server.text()));
    }
    if (mayHaveGivenSegment(operation)) {
        return failure(
            ErrorCode::Conflict,
            fmt::format("failover {} cannot be closed: segment '{}' was ordered to be given away, and nobody "
                        "confirmed or denied it, so somebody may execute the job; retry it, or bring the job "
                        "back to the server and say so: standinctl returned {}",
                        id, inventory_.servers.at(operation.server).segment.text(), operation.server.text()));
    }
    return {};
}

/// It goes on behind a normal end. What it orders next would be newer than an order for the server.
bool Conductor::retiresHolder(const domain::Operation& failover) const {
    const auto* step = failover.find(domain::StepName::RetireHolder, failover.spare.text());
    return step != nullptr && (step->state == domain::StepState::Running ||
                               (step->state != domain::StepState::Done && timers_.has(failover.id)));
}

}  // namespace standin::engine
