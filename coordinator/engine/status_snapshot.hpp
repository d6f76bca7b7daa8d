#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/protocol/common.hpp"
#include "coordinator/domain/adoption.hpp"
#include "coordinator/domain/audit_entry.hpp"
#include "coordinator/domain/operation.hpp"
#include "coordinator/domain/placement.hpp"
#include "coordinator/domain/server.hpp"
#include "coordinator/domain/spare_table.hpp"
#include "coordinator/engine/machine_identity.hpp"

namespace standin::engine {

/// Whether a job answers at its place, according to the watch.
struct JobHealth {
    domain::Placement placement;
    bool answers = true;
    base::WallTime silent_since{};  ///< epoch: it answers
};

/// A server as the coordinator sees it now.
struct ServerSnapshot {
    domain::Server server;
    domain::Placement placement;                   ///< which machine executes its job
    std::optional<domain::SpareTableRow> row;      ///< absent: no spare is set, so a failure would have no remedy
    std::optional<domain::OperationId> operation;  ///< the open one that holds the server
    bool maintenance = false;                      ///< true: reports are recorded and published, and start nothing
    std::string maintenance_why;
    std::optional<JobHealth> job;  ///< absent: the job is not probed (the server executes it, an operation moves it…)
    MachineIdentity identity;      ///< of its machine, as last reported by its power devices
    base::WallTime taken_at{};     ///< time of this snapshot: ages count from here

    /// The age of the data in the server's image; nullopt: it has no image, or the age is not known.
    [[nodiscard]] std::optional<std::chrono::milliseconds> imageAge() const {
        if (!row || row->image_at == base::WallTime{} || taken_at == base::WallTime{}) return std::nullopt;
        return std::chrono::duration_cast<std::chrono::milliseconds>(taken_at - row->image_at);
    }
};

struct SpareSnapshot {
    domain::Spare spare;
    std::optional<domain::Lease> lease;  ///< absent: free
    MachineIdentity identity;            ///< of its machine, as last reported by its power devices
};

/// Operations that wait for their turn to restore from, or capture to, one image store.
struct RestoreQueue {
    std::size_t under_way = 0;
    std::vector<domain::OperationId> waiting;  ///< in the order of their turns

    /// `waits for its turn: 3 restores before it`
    static std::string sentence(std::size_t before, const char* noun = "restore");
};

/// What an operator is asked to agree to, or has agreed to.
struct AdoptionSnapshot {
    domain::Adoption adoption;
    domain::SiteFinding finding;
    std::vector<std::string> contradictions;  ///< empty: the site looks new
    std::string mark;                         ///< identifies the findings; an operator agrees to them by it
};

/// An agent's health, as last seen by the watch.
struct AgentSnapshot {
    base::AgentName name;
    std::string url;
    bool reachable = false;
    std::string problem;  ///< why the agent is not reachable
    protocol::Health health;
    base::WallTime seen_at{};  ///< last answer; epoch: never
};

}  // namespace standin::engine
