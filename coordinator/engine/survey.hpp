#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "coordinator/domain/adoption.hpp"
#include "coordinator/engine/drivers.hpp"

namespace standin::engine {

/// What one agent says about all that is configured, whichever of the agents' parts it is.
struct AgentFinding {
    std::string problem;  ///< why it does not say all of it; empty: it does
    std::uint64_t epoch = 0;
    std::map<base::SegmentId, std::optional<protocol::SegmentOrder>> segments;  ///< absent: never ordered
    std::map<base::SpareName, base::SegmentId> served;                          ///< by the ports of spares
    std::vector<protocol::StandIn> stand_ins;
    std::map<base::JobName, bool> holds;
    domain::OperationId last_operation = 0;
};

/// Every agent that something of the inventory depends on.
std::set<base::AgentName> agentsOf(const Inventory& inventory);

/// Asks it, and commands nothing; with `claim_as`, only after it obeys that leader. An agent that does not answer once
/// is not asked again.
AgentFinding ask(const Drivers& drivers, const Inventory& inventory, const base::AgentName& agent,
                 std::chrono::milliseconds patience, const std::optional<protocol::Leader>& claim_as = std::nullopt);

/// What follows from all that they said. Pure.
domain::SiteFinding findingFrom(const Inventory& inventory, const std::map<base::AgentName, AgentFinding>& said);

}  // namespace standin::engine
