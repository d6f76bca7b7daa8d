// What decide() has to know beside the operation.
#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

using domain::Operation;

namespace {

/// So many free spares are offered to a failover at a time; it takes one.
constexpr std::size_t spares_to_try = 4;

}  // namespace

const domain::Observation& Conductor::observe(const Operation& operation) {
    const auto [place, fresh] = seen_.try_emplace(operation.server);
    Seen& seen = place->second;
    if (fresh) {
        seen.observation.server = inventory_.servers.at(operation.server);
        seen.observation.capture_way = inventory_.capture_way;
    }
    seen.observation.restore_turn = restore_turns_.hasTurn(operation.id);
    seen.observation.capture_turn = inventory_.capture_way != domain::CaptureWay::Restart ||
                                    operation.kind == domain::OperationKind::Failover ||
                                    capture_turns_.hasTurn(operation.id);
    seen.observation.rack_failover =
        operation.state == domain::State::StoppingServer ? rackFailoverOf(operation.server) : std::string();
    seen.observation.power_on_under_way = powering_on_.count(operation.server) != 0;
    if (seen.operation != operation.id || seen.spare != operation.spare ||
        seen.failed_spares != operation.failed_spares.size() || seen.lease_changes != lease_changes_) {
        observeSpares(operation, seen.observation);
        seen.operation = operation.id;
        seen.spare = operation.spare;
        seen.failed_spares = operation.failed_spares.size();
        seen.lease_changes = lease_changes_;
    }
    return seen.observation;
}

void Conductor::observeSpares(const Operation& operation, domain::Observation& observation) const {
    observation.spares.clear();
    observation.leased.clear();
    const auto& server = observation.server;
    const auto isInReach = [&server](const domain::Spare& spare) {
        return spare.switch_agent == server.switch_agent && spare.image_store == server.image_store;
    };
    const auto mayUse = [&](const base::SpareName& name) {
        const auto spare = inventory_.spares.find(name);
        if (spare == inventory_.spares.end() || !isInReach(spare->second)) return false;
        const auto* lease = table_.lease(name);
        return lease == nullptr ||
               (lease->server == operation.server && (lease->failover == 0 || lease->failover == operation.id));
    };
    const auto* row = table_.row(operation.server);
    if (row != nullptr && mayUse(row->spare)) observation.spares.push_back(row->spare);
    for (const auto& [name, spare] : free_spares_) {
        if (observation.spares.size() >= spares_to_try + operation.failed_spares.size()) break;
        if (isInReach(*spare) && standInCarriedBy(*spare).empty()) observation.spares.push_back(name);
    }
    if (!operation.spare.empty() && table_.leasedTo(operation.spare, operation.id))
        observation.leased.push_back(operation.spare);
    static const domain::Spare none;
    const auto found = inventory_.spares.find(operation.spare);
    const domain::Spare& spare = found == inventory_.spares.end() ? none : found->second;
    observation.spare_boot_within = spare.boot_within;
    observation.spare_power_within = spare.power_within;
}

}  // namespace standin::engine
