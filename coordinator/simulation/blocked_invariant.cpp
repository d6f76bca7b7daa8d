// An operation that waits for an agent continues once that agent answers again (rule 8).
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/obstacle.hpp"
#include "coordinator/simulation/invariants.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

namespace {

bool allows(const World& world, const std::string& server, domain::Obstacle::Power power) {
    const Bmc& bmc = world.bmcs.at(server);
    const bool on = world.machines.at(server).on && bmc.honesty != Bmc::Honesty::Lies;
    switch (power) {
        case domain::Obstacle::Power::Any:
            return true;
        case domain::Obstacle::Power::NotOn:
            return bmc.dead || !on;
        case domain::Obstacle::Power::Off:
            return !bmc.dead && !on;
    }
    return false;
}

}  // namespace

/// By then the watch has had two rounds. A step that was tried again before that may wait longer for its next attempt.
void Invariants::endOfBlocked(const domain::Operation& operation) {
    const auto server = world_.config.inventory.servers.find(operation.server);
    if (server == world_.config.inventory.servers.end() || !operation.past_attempts.empty()) return;
    const auto obstacle = domain::obstacleOf(operation, server->second);
    if (!obstacle || obstacle->unseen || !world_.network.isUndisturbed()) return;
    const auto maintained = world_.disk.maintenance.find(operation.server);
    if (maintained != world_.disk.maintenance.end() && maintained->second.on) return;
    const auto placed = world_.disk.placements.find(operation.server);
    const bool comes_back =
        placed != world_.disk.placements.end() &&
        (!placed->second.brought_back_by.empty() || placed->second.on == domain::Placement::On::Server);
    const bool answer = std::all_of(obstacle->silent.begin(), obstacle->silent.end(),
                                    [this](const auto& agent) { return world_.network.agent(agent.text()).up; });
    if (comes_back || !answer || !allows(world_, operation.server.text(), obstacle->power)) return;
    breach(8, fmt::format("failover {}", operation.id), "it rests because somebody did not answer, and he does by now");
}

}  // namespace standin::simulation
