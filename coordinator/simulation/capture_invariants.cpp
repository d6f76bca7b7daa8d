// A capture takes no more from a site than it must: its server is asked to shut down, and one after the other (rule 9).
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/simulation/invariants.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

using domain::OperationKind;
using domain::State;
using domain::StepName;

namespace {

/// The capture that has, or wants, the server off; null: there is none.
const domain::Operation* captureOf(const World& world, const base::ServerName& server) {
    for (const auto& [id, operation] : world.disk.operations) {
        const bool captures = operation->kind == OperationKind::Refresh || operation->kind == OperationKind::Backup;
        const bool switching = operation->state == State::StoppingServer || operation->state == State::CapturingImage ||
                               operation->state == State::StartingServer || operation->state == State::RestartingServer;
        if (operation->server == server && captures && switching) return &*operation;
    }
    return nullptr;
}

const domain::Step* stopOf(const domain::Operation& capture) {
    const auto* stop = capture.find(StepName::StopServer, capture.server.text());
    return stop != nullptr && stop->attempts > 0 ? stop : nullptr;
}

}  // namespace

/// Its restart is over, or can't end well, and its job does not answer.
bool Invariants::isDownAfterRestart(const base::ServerName& server) const {
    const Machine& machine = world_.machines.at(server.text());
    if (world_.answers(server.text()) || captureOf(world_, server) != nullptr) return false;
    const auto boots = world_.config.inventory.servers.at(server).boot_within;
    return !machine.on || world_.now() >= machine.on_since + boots;
}

void Invariants::asksToShutDown(const std::string& name) {
    asked_to_shut_down_.emplace(name, world_.now());
    const auto& inventory = world_.config.inventory;
    const auto server = inventory.servers.find(base::ServerName(name));
    if (server == inventory.servers.end()) return;
    const auto* capture = captureOf(world_, server->first);
    if (capture == nullptr) return;  // it was given up meanwhile
    throughItsOwnDevice(name, "it is to be shut down for a capture");
    const auto limit = inventory.captures_at_once.find(server->second.image_store);
    const std::size_t most =
        limit == inventory.captures_at_once.end() ? engine::default_captures_at_once : limit->second;
    std::size_t off = 0;
    for (const auto& [other_name, other] : inventory.servers) {
        const auto* its = captureOf(world_, other_name);
        if (its != nullptr && other.image_store == server->second.image_store && stopOf(*its) != nullptr) ++off;
    }
    if (off > most)
        breach(9, name, fmt::format("it is shut down for a capture as one of {} at a time, {} may be", off, most));
    const auto* stop = stopOf(*capture);
    for (const auto& [id, other] : world_.disk.operations) {
        const bool failed =
            other->kind == OperationKind::Failover && domain::isOpen(other) && other->state != State::Succeeded;
        if (!failed || stop == nullptr || other->server == server->first) continue;
        const bool same_rack =
            inventory.servers.at(other->server).rack == server->second.rack && !server->second.rack.empty();
        if (same_rack && other->opened_at + 1s < stop->first_started)
            breach(9, name, fmt::format("it is shut down for a capture while failover {} of its rack goes on", id));
    }
}

void Invariants::cutsPower(const std::string& name) {
    const auto& inventory = world_.config.inventory;
    const auto server = inventory.servers.find(base::ServerName(name));
    if (server == inventory.servers.end() || !world_.machines.at(name).on) return;
    const auto* capture = captureOf(world_, server->first);
    if (capture == nullptr || capture->state != State::StoppingServer) return;
    throughItsOwnDevice(name, "its power is to be cut for a capture");
    const auto asked = asked_to_shut_down_.find(name);
    if (asked != asked_to_shut_down_.end() && world_.now() + 1s >= asked->second + server->second.shutdown_within)
        return;
    breach(9, name, "its power is cut for a capture, and it was not given its time to shut down");
}

}  // namespace standin::simulation
