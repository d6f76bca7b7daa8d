#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "coordinator/domain/adoption.hpp"
#include "coordinator/engine/drivers.hpp"

namespace standin::engine {

/// What one agent reports about everything configured, for all parts that the agent has.
struct AgentFinding {
    std::string problem;  ///< why the report is incomplete; empty: it is complete
    std::uint64_t epoch = 0;
    std::map<base::SegmentId, std::optional<protocol::SegmentOrder>> segments;  ///< absent: never ordered
    std::map<base::SpareName, base::SegmentId> served;                          ///< by the ports of spares
    std::vector<protocol::StandIn> stand_ins;
    std::map<base::JobName, bool> holds;
    domain::OperationId last_operation = 0;
};

/// All agents that the inventory refers to.
std::set<base::AgentName> agentsOf(const Inventory& inventory);

/// Asks an agent without commanding anything. With `claim_as`, the agent has to obey that leader first. An agent that
/// fails to answer once is not asked again.
AgentFinding ask(const Drivers& drivers, const Inventory& inventory, const base::AgentName& agent,
                 std::chrono::milliseconds patience, const std::optional<protocol::Leader>& claim_as = std::nullopt);

/// The combined findings of all agents. Pure.
domain::SiteFinding findingFrom(const Inventory& inventory, const std::map<base::AgentName, AgentFinding>& said);

}  // namespace standin::engine
