#include "coordinator/engine/operations.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace standin::engine {

using domain::Operation;
using domain::OperationId;
using domain::OperationKind;
using domain::State;

Operation& Operations::restore(Operation operation) {
    const auto id = operation.id;
    auto& kept = operations_[id] = std::move(operation);
    of_server_[kept.server][id] = &kept;
    return kept;
}

Operation& Operations::open(OperationKind kind, const base::ServerName& server, const std::string& asked_by,
                            base::WallTime failure_at, const domain::SpareTableRow* row) {
    Operation operation;
    operation.id = ++last_;
    operation.kind = kind;
    operation.server = server;
    operation.opened_at = context_.now();
    operation.failure_at = failure_at;
    operation.asked_by = asked_by;
    if (row != nullptr) {
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
    batch_.changed(operation.id);
    batch_.touch(operation.id);
    batch_.mustCommit();
    auto& opened = restore(std::move(operation));
    batch_.publish("operation", opened,
                   fmt::format("{} {} of server '{}' opened by {}", nameOf(kind), opened.id, server.text(), asked_by),
                   "{}");
    return opened;
}

Operation* Operations::find(OperationId id) {
    const auto found = operations_.find(id);
    return found == operations_.end() ? nullptr : &found->second;
}

const Operation* Operations::find(OperationId id) const {
    const auto found = operations_.find(id);
    return found == operations_.end() ? nullptr : &found->second;
}

base::Result<Operation*> Operations::get(OperationId id) {
    auto* found = find(id);
    if (found != nullptr) return found;
    return base::failure(base::ErrorCode::NotFound, fmt::format("there is no operation {}", id));
}

const Operation* Operations::openFailoverOf(const base::ServerName& server) const {
    return newestOf(server, [](const Operation& operation) {
        return operation.kind == OperationKind::Failover && isOpen(operation);
    });
}

bool Operations::wasRefuted(const base::ServerName& server) const {
    return newestOf(server, [&](const Operation& operation) {
               return operation.kind == OperationKind::Failover && operation.state == State::Closed &&
                      std::any_of(operation.notes.begin(), operation.notes.end(),
                                  [](const domain::Note& note) { return note.topic == "refuted"; }) &&
                      context_.now() < operation.ended_at + context_.server(server).evidence.suspicion;
           }) != nullptr;
}

std::string Operations::rackFailoverOf(const base::ServerName& server) const {
    const auto& rack = context_.server(server).rack;
    if (rack.empty()) return {};
    for (const auto& [name, other] : context_.inventory.servers) {
        if (other.rack != rack || name == server) continue;
        const auto* failover = newestOf(name, [](const Operation& operation) {
            return operation.kind == OperationKind::Failover && isOpen(operation) &&
                   operation.state != State::Succeeded;
        });
        if (failover != nullptr)
            return fmt::format("failover {} of server '{}' is {}", failover->id, name.text(), nameOf(failover->state));
    }
    return {};
}

void Operations::touchCapturesOfRack(const base::ServerName& server) {
    const auto& rack = context_.server(server).rack;
    if (rack.empty()) return;
    for (const auto& [name, other] : context_.inventory.servers) {
        if (other.rack != rack || name == server) continue;
        const auto* operation = openOf(name);
        if (operation != nullptr && operation->state == State::StoppingServer) batch_.touch(operation->id);
    }
}

const Operation* Operations::restartingCaptureOf(const base::ServerName& server) const {
    if (context_.inventory.capture_way != domain::CaptureWay::Restart) return nullptr;
    return newestOf(server, [this](const Operation& operation) {
        const auto ends = domain::restartEnds(operation, context_.server(operation.server).boot_within);
        return ends && context_.now() < *ends;
    });
}

bool Operations::retiresHolder(const Operation& failover) const {
    const auto* step = failover.find(domain::StepName::RetireHolder, failover.spare.text());
    return step != nullptr && (step->state == domain::StepState::Running ||
                               (step->state != domain::StepState::Done && timers_.has(failover.id)));
}

void Operations::endPowerOn(OperationId id, const domain::StepId& step) {
    const auto* operation = find(id);
    if (step.name != domain::StepName::StartServer || operation == nullptr) return;
    if (powering_on_.erase(operation->server) == 0) return;
    if (const auto* failover = openFailoverOf(operation->server)) batch_.touch(failover->id);
}

void Operations::noteEnd(const Operation& operation) {
    const bool has_ended = !isOpen(operation) &&
                           std::none_of(operation.steps.begin(), operation.steps.end(), [](const domain::Step& step) {
                               return step.state == domain::StepState::Running;
                           });
    if (has_ended) {
        ended_.insert(operation.id);
    } else {
        ended_.erase(operation.id);
    }
}

void Operations::forgetOldest() {
    while (operations_.size() > context_.settings.keep_operations && !ended_.empty()) {
        const auto id = *ended_.begin();
        ended_.erase(ended_.begin());
        context_.board.forget(id);
        batch_.recorder().forget(id);
        timers_.erase(id);
        of_server_[operations_.at(id).server].erase(id);
        operations_.erase(id);
    }
}

}  // namespace standin::engine
