#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/protocol/stand_in.hpp"
#include "coordinator/engine/drivers.hpp"
#include "coordinator/journal/journal.hpp"
#include "coordinator/what_if/durations.hpp"

/// `standinctl plan`: what a failure would lead to now. Nothing of the real world is touched.
namespace standin::what_if {

/// The known state of the real world.
struct Situation {
    engine::Inventory inventory;
    journal::Contents contents;  ///< rows, leases, placements, maintenance; operations: those at rest
    std::map<base::AgentName, protocol::Capacity> capacities;  ///< of the VM hosts that answered
    std::map<base::ServerName, domain::OperationId> busy;      ///< servers with an operation under way: left out
    std::map<base::ImageId, std::uint64_t> image_bytes;        ///< of each, without zeros
    Durations durations;                                       ///< of past operations
};

/// The machines that fail, all at once.
struct Failures {
    std::vector<std::string> racks;
    std::vector<base::ServerName> servers;
    std::vector<base::SpareName> spares;
    std::vector<base::AgentName> vm_hosts;
};

/// A question about a situation.
struct Question {
    base::ServerName server;  ///< empty: only the machines in `failures`
    Failures failures;
};

}  // namespace standin::what_if
