#include "coordinator/engine/turns.hpp"

#include <fmt/format.h>

#include "coordinator/domain/capture/capture_need.hpp"
#include "coordinator/domain/spare/restore_need.hpp"

namespace standin::engine {

using domain::Operation;

void Turns::note(const Operation& operation) {
    noteRestore(operation);
    noteCapture(operation);
}

void Turns::noteRestore(const Operation& operation) {
    const auto need = domain::restoreNeedOf(operation);
    if (need == domain::RestoreNeed::None) return restores_.leave(operation.id);
    const auto& server = state_.server(operation.server);
    const RestoreScheduler::Claim claim{server.priority, operation.failure_at, operation.id};
    if (need == domain::RestoreNeed::UnderWay) return restores_.restore(server.image_store, claim);
    wait(restores_, operation, claim);
}

void Turns::noteCapture(const Operation& operation) {
    const auto need = state_.inventory.capture_way == domain::CaptureWay::Restart ? domain::captureNeedOf(operation)
                                                                                  : domain::CaptureNeed::None;
    if (need == domain::CaptureNeed::None) return captures_.leave(operation.id);
    const RestoreScheduler::Claim claim{0, operation.opened_at, operation.id};
    if (need == domain::CaptureNeed::UnderWay)
        return captures_.restore(state_.server(operation.server).image_store, claim);
    wait(captures_, operation, claim);
}

void Turns::wait(RestoreScheduler& queue, const Operation& operation, const RestoreScheduler::Claim& claim) {
    if (queue.hasTurn(operation.id)) return;
    if (!queue.before(operation.id)) waits_.insert(operation.id);
    queue.wait(state_.server(operation.server).image_store, claim);
}

bool Turns::mayCapture(const Operation& operation) const {
    return state_.inventory.capture_way != domain::CaptureWay::Restart ||
           operation.kind == domain::OperationKind::Failover || captures_.hasTurn(operation.id);
}

void Turns::give(const std::function<void(domain::OperationId)>& advance) {
    for (auto* queue : {&restores_, &captures_}) {
        for (auto turns = queue->give(); !turns.empty(); turns = queue->give()) {
            for (const auto id : turns) advance(id);
        }
    }
    for (const auto id : std::exchange(waits_, {})) publishWaiting(id);
}

void Turns::publishWaiting(domain::OperationId id) {
    const auto& operation = state_.operations.at(id);
    const auto publish = [&](domain::StepName step, const std::string& subject, const std::string& sentence) {
        state_.batch.publish(
            "step", operation,
            fmt::format("{} {}: {} '{}' {}", nameOf(operation.kind), id, nameOf(step), subject, sentence), "");
    };
    if (const auto before = restores_.before(id))
        publish(domain::StepName::RestoreSpare, operation.spare.text(), RestoreQueue::sentence(*before));
    if (const auto before = captures_.before(id))
        publish(domain::StepName::StopServer, operation.server.text(), RestoreQueue::sentence(*before, "capture"));
}

void Turns::post() {
    if (auto queues = restores_.takeChanged()) state_.board.post(std::move(*queues));
    if (auto queues = captures_.takeChanged()) state_.board.postCaptures(std::move(*queues));
}

}  // namespace standin::engine
