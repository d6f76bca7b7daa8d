#include "coordinator/engine/operation_requests.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "coordinator/domain/cancel/cancel_phase.hpp"
#include "coordinator/domain/capture/capture_need.hpp"
#include "coordinator/engine/missing_machine.hpp"

namespace standin::engine {

using base::ErrorCode;
using base::failure;
using base::Result;
using domain::Event;
using domain::OperationKind;

namespace {

bool isOpened(const Engine::ReportOutcome& outcome) {
    return outcome.kind == Engine::ReportOutcome::Kind::Opened;
}

base::Error refusedAs(const Engine::ReportOutcome& outcome) {
    return {outcome.kind == Engine::ReportOutcome::Kind::Merged ? ErrorCode::Conflict : ErrorCode::WrongState,
            outcome.reason};
}

bool isClosedFailover(const domain::Operation& operation) {
    return operation.kind == OperationKind::Failover && operation.state == domain::State::Closed;
}

}  // namespace

Result<domain::OperationId> OperationRequests::failOver(const OperationRequest& request) {
    if (!state_.knows(request.server))
        return failure(ErrorCode::NotFound, fmt::format("server '{}' is not configured", request.server.text()));
    const std::string cause = request.cause.empty() ? "requested by " + request.asked_by : request.cause;
    const auto outcome = reports_.report({request.server, "operator", cause, request.asked_by, state_.clock.steady()});
    if (isOpened(outcome)) return outcome.operation;
    return failure(refusedAs(outcome));
}

Result<domain::OperationId> OperationRequests::request(const OperationRequest& request) {
    if (request.kind == OperationKind::Failover) return failOver(request);
    const auto& server = request.server;
    const std::string what = fmt::format("{} of server '{}'", nameOf(request.kind), server.text());
    const auto facts = facts_.of(server);
    if (auto may = domain::mayPrepare(facts, facts_.asked(request.kind, facts)); !may) {
        state_.batch.audit(request.asked_by, what, "refused: " + may.error().message);
        return failure(may.error());
    }
    const auto moment = state_.now();
    auto& operation = state_.operations.open(request.kind, server, request.asked_by, moment, facts.row);
    operation.cause = request.cause.empty() ? "requested by " + request.asked_by : request.cause;
    if (request.kind != OperationKind::Backup)
        operation.new_stand_in = base::StandInName(fmt::format("{}-{}", server.text(), operation.id));
    if (request.kind != OperationKind::Prepare) {
        operation.previous_image = operation.image;
        operation.image_at = {};  // known when it is captured
        const auto seconds = std::chrono::system_clock::to_time_t(moment);
        operation.image = !request.image.empty()
                              ? request.image
                              : base::ImageId(fmt::format("{}-{:%Y%m%dT%H%M%S}", server.text(), fmt::gmtime(seconds)));
    }
    state_.batch.audit(request.asked_by, what, fmt::format("operation {}", operation.id));
    return operation.id;
}

Result<void> OperationRequests::mayRequest(const OperationRequest& request) const {
    const auto facts = facts_.of(request.server);
    if (request.kind != OperationKind::Failover) return domain::mayPrepare(facts, facts_.asked(request.kind, facts));
    if (facts.server == nullptr)
        return failure(ErrorCode::NotFound, fmt::format("server '{}' is not configured", request.server.text()));
    const auto outcome = reports_.foresee({request.server, "operator", {}, request.asked_by, state_.clock.steady()});
    return isOpened(outcome) ? Result<void>() : Result<void>(failure(refusedAs(outcome)));
}

Result<const domain::Operation*> OperationRequests::complete(domain::OperationId id) const {
    const auto found = state_.operations.get(id);
    if (!found) return failure(found.error());
    if (auto has = hasItsMachines(**found, state_.inventory); !has) return failure(has.error());
    return *found;
}

Result<void> OperationRequests::mayRetry(domain::OperationId id) const {
    const auto found = complete(id);
    return found ? domain::mayRetry(facts_.of((*found)->server), **found) : failure(found.error());
}

Result<void> OperationRequests::mayConfirmFence(domain::OperationId id) const {
    const auto found = complete(id);
    return found ? domain::mayConfirmFence(facts_.of((*found)->server), **found) : failure(found.error());
}

Result<void> OperationRequests::mayClose(domain::OperationId id, bool discard_data) const {
    const auto found = complete(id);
    if (!found) return failure(found.error());
    const domain::Operation& operation = **found;
    const auto facts = facts_.of(operation.server);
    return discard_data && isClosedFailover(operation) ? domain::mayDiscardKept(facts, operation)
                                                       : domain::mayClose(facts, operation);
}

Result<void> OperationRequests::retry(domain::OperationId id, const std::string& asked_by) {
    const auto found = state_.operations.get(id);
    if (!found) return failure(found.error());
    auto& operation = **found;
    if (auto may = mayRetry(id); !may) return may;
    const auto failed_spares = operation.failed_spares;
    const bool accepted = decisions_.accept(operation, Event::OperatorRetries, "retried by " + asked_by);
    STANDIN_ASSERT(accepted);
    state_.spares.release(failed_spares, id);  // they may be tried again
    state_.batch.audit(asked_by, fmt::format("retry of operation {}", id), "accepted");
    return {};
}

Result<void> OperationRequests::setMaintenance(const base::ServerName& server, bool on, const std::string& why,
                                               const std::string& asked_by) {
    const auto* failover = state_.operations.openFailoverOf(server);
    if (on && failover != nullptr && !failover->confirmed) {
        const auto message = fmt::format(
            "failover {} verifies the failure of server '{}', and would fence it; close it first: standinctl operation "
            "close {}",
            failover->id, server.text(), failover->id);
        state_.batch.audit(asked_by, fmt::format("maintenance of server '{}' on", server.text()),
                           "refused: " + message);
        return failure(base::ErrorCode::Conflict, message);
    }
    return state_.maintenance.set(server, on, why, asked_by);
}

Result<void> OperationRequests::mayCancel(domain::OperationId id) const {
    const auto found = complete(id);
    if (!found) return failure(found.error());
    if (auto may = domain::cancel::mayCancel(**found); !may) return may;
    return domain::notBeingReturned(facts_.of((*found)->server));
}

Result<void> OperationRequests::confirmFence(domain::OperationId id, const std::string& asked_by) {
    const auto found = state_.operations.get(id);
    if (!found) return failure(found.error());
    auto& operation = **found;
    if (auto may = mayConfirmFence(id); !may) return may;
    const auto& server = operation.server.text();
    const auto moment = state_.now();
    state_.batch.recorder().confirmed(operation, asked_by, moment);
    domain::confirmPowerFence(operation, asked_by, moment);
    state_.batch.publishStep(operation, *operation.find(domain::StepName::FencePower, server));
    state_.batch.changed(id);
    state_.batch.touch(id);
    state_.batch.audit(asked_by, fmt::format("fence of server '{}' confirmed", server),
                       fmt::format("operation {}", id));
    return operation.state == domain::State::NeedsOperator ? retry(id, asked_by) : Result<void>();
}

Result<void> OperationRequests::close(domain::OperationId id, const std::string& asked_by, bool discard_data) {
    const auto found = state_.operations.get(id);
    if (!found) return failure(found.error());
    auto& operation = **found;
    if (discard_data && isClosedFailover(operation)) return discardKept(operation, asked_by);
    if (auto may = mayClose(id, false); !may) return may;
    const char* const discarded = discard_data ? ", its data are discarded" : "";
    const bool accepted = decisions_.accept(operation, Event::OperatorCloses,
                                            fmt::format("closed by {}{}", asked_by, discarded), discard_data);
    STANDIN_ASSERT(accepted);
    state_.batch.audit(asked_by, fmt::format("close of operation {}{}", id, discarded), "accepted");
    return {};
}

Result<void> OperationRequests::cancel(domain::OperationId id, const std::string& asked_by) {
    const auto found = state_.operations.get(id);
    if (!found) return failure(found.error());
    auto& operation = **found;
    const std::string what = fmt::format("cancellation of operation {}", id);
    if (auto may = mayCancel(id); !may) {
        state_.batch.audit(asked_by, what, "refused: " + may.error().message);
        return may;
    }
    const bool accepted = decisions_.accept(operation, Event::OperatorCancels, "cancelled by " + asked_by);
    STANDIN_ASSERT(accepted);
    state_.batch.audit(asked_by, what, "accepted");
    return {};
}

Result<void> OperationRequests::discardKept(const domain::Operation& closed, const std::string& asked_by) {
    const auto facts = facts_.of(closed.server);
    if (auto may = domain::mayDiscardKept(facts, closed); !may) return may;
    auto& operation = state_.operations.open(OperationKind::Unset, closed.server, asked_by, state_.now(), facts.row);
    operation.stand_in = closed.stand_in;
    operation.stand_in_port = {};
    operation.discard_data = true;  // only the disk is deleted: the row and the segment stay
    operation.cause = fmt::format("the data of stand-in '{}' are discarded by {}", closed.stand_in.text(), asked_by);
    state_.batch.audit(
        asked_by,
        fmt::format("deletion of the disk of stand-in '{}', kept from failover {}", closed.stand_in.text(), closed.id),
        fmt::format("operation {}", operation.id));
    return {};
}

Result<void> OperationRequests::mayReturn(const base::ServerName& server, bool discard_data) {
    const auto facts = facts_.of(server);
    if (facts.failover != nullptr) {
        if (auto has = hasItsMachines(*facts.failover, state_.inventory); !has) return has;
    }
    if (const auto& spare = facts.placement.spare; !spare.empty() && state_.inventory.spares.count(spare) == 0) {
        const auto missing = fmt::format("spare '{}'", spare.text());
        return failure(ErrorCode::WrongState,
                       fmt::format("the job of server '{}' may be on {}, which is not configured any more; {}",
                                   server.text(), missing, cureOfMissing(missing)));
    }
    domain::ReturnFacts asked;
    asked.capture = state_.operations.newestOf(
        server, [](const auto& operation) { return captureNeedOf(operation) != domain::CaptureNeed::None; });
    asked.retires_holder = facts.failover != nullptr && state_.operations.retiresHolder(*facts.failover);
    asked.discard_data = discard_data;
    if (auto may = domain::mayReturn(facts, asked); !may) return may;
    // The answer is given once what it rests on is durable: an operator who reads that nothing orders the segment for
    // the spare any more switches the server on, and a coordinator that is started again must not order it again.
    if (facts.failover != nullptr && state_.batch.hasChanged(facts.failover->id)) state_.batch.mustCommit();
    return {};
}

Result<void> OperationRequests::beginReturn(const base::ServerName& server, const std::string& asked_by,
                                            bool discard_data, JobReturns::Answer answer) {
    if (auto may = mayReturn(server, discard_data); !may) return may;
    // What was given up would be ordered again by a coordinator that is started again, for the spare.
    if (const auto* failover = state_.operations.openFailoverOf(server)) {
        const domain::StepId retiring{domain::StepName::RetireHolder, failover->spare.text()};
        const auto* step = failover->find(retiring);
        if (step != nullptr && step->state != domain::StepState::Done) {
            decisions_.take(state_.operations.at(failover->id), retiring,
                            domain::StepReport::done("the job is brought back to its server"), state_.now());
        }
    }
    returns_.begin(server, asked_by, std::move(answer));
    return {};
}

}  // namespace standin::engine
