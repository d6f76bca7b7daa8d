#include "coordinator/engine/observer.hpp"

namespace standin::engine {

using domain::Operation;

namespace {

/// So many free spares are offered to a failover at a time; it takes one.
constexpr std::size_t spares_to_try = 4;

}  // namespace

const domain::Observation& Observer::observe(const Operation& operation) {
    const auto [place, fresh] = seen_.try_emplace(operation.server);
    Seen& seen = place->second;
    if (fresh) {
        seen.observation.server = state_.server(operation.server);
        seen.observation.capture_way = state_.inventory.capture_way;
    }
    seen.observation.restore_turn = turns_.mayRestore(operation);
    seen.observation.capture_turn = turns_.mayCapture(operation);
    seen.observation.rack_failover = operation.state == domain::State::StoppingServer
                                         ? state_.operations.rackFailoverOf(operation.server)
                                         : std::string();
    seen.observation.site = state_.restraints.of(operation);
    seen.observation.power_on_under_way = state_.operations.isPoweringOn(operation.server);
    if (seen.operation != operation.id || seen.spare != operation.spare ||
        seen.failed_spares != operation.failed_spares.size() || seen.lease_changes != state_.spares.leaseChanges()) {
        observeSpares(operation, seen.observation);
        seen.operation = operation.id;
        seen.spare = operation.spare;
        seen.failed_spares = operation.failed_spares.size();
        seen.lease_changes = state_.spares.leaseChanges();
    }
    return seen.observation;
}

void Observer::observeSpares(const Operation& operation, domain::Observation& observation) const {
    observation.spares.clear();
    observation.leased.clear();
    const auto& server = observation.server;
    const auto isInReach = [&server](const domain::Spare& spare) {
        return spare.switch_agent == server.switch_agent && spare.image_store == server.image_store;
    };
    const auto mayUse = [&](const base::SpareName& name) {
        const auto spare = state_.inventory.spares.find(name);
        if (spare == state_.inventory.spares.end() || !isInReach(spare->second)) return false;
        const auto* lease = state_.spares.table().lease(name);
        return lease == nullptr ||
               (lease->server == operation.server && (lease->failover == 0 || lease->failover == operation.id));
    };
    const auto* row = state_.spares.row(operation.server);
    if (row != nullptr && mayUse(row->spare)) observation.spares.push_back(row->spare);
    for (const auto& [name, spare] : state_.spares.free()) {
        if (observation.spares.size() >= spares_to_try + operation.failed_spares.size()) break;
        if (isInReach(*spare) && state_.spares.standInCarriedBy(*spare).empty()) observation.spares.push_back(name);
    }
    if (!operation.spare.empty() && state_.spares.table().leasedTo(operation.spare, operation.id))
        observation.leased.push_back(operation.spare);
    static const domain::Spare none;
    const auto found = state_.inventory.spares.find(operation.spare);
    const domain::Spare& spare = found == state_.inventory.spares.end() ? none : found->second;
    observation.spare_boot_within = spare.boot_within;
    observation.spare_power_within = spare.power_within;
}

}  // namespace standin::engine
