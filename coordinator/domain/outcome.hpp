#pragma once

#include <optional>
#include <vector>

#include "coordinator/domain/operation.hpp"
#include "coordinator/domain/placement.hpp"
#include "coordinator/domain/spare_table.hpp"

namespace standin::domain {

/// What the journal keeps about a server besides its operations.
struct ServerRecord {
    std::optional<SpareTableRow> row;  ///< nullopt: the server has none
    Placement placement;
    bool operator==(const ServerRecord&) const = default;
};

/// What an operation's change of state changes besides the operation.
struct Outcome {
    std::optional<SpareTableRow> row;       ///< replaces the server's row; nullopt: no change
    std::optional<Placement> placement;     ///< replaces the job's placement; nullopt: no change
    std::vector<base::SpareName> released;  ///< the operation's leases of these spares end
    bool ends_return = false;               ///< the job's return to its server is given up: it has failed
};

/// Pure. `operation` is in the state after the change; `before` is the state after the change before it.
Outcome outcomeOf(const Operation& operation, const Change& change, const Server& server, const ServerRecord& before);

/// The outcomes of a decision's changes.
struct Outcomes {
    std::vector<Outcome> each;  ///< one for each change, in order
    ServerRecord after;         ///< after all of them
};

/// Pure. `operation` is in the state after the last change; `before` is the state before the first one.
Outcomes outcomesOf(const Operation& operation, const std::vector<Change>& changes, const Server& server,
                    ServerRecord before);

/// The placement once the server executes its job again and an operator has agreed to lose what other machines wrote. A
/// stand-in's disk exists until it is deleted; a spare is free for other servers from now on.
Placement placementAfterReturn(const Placement& before);

/// The machines other than the server whose disks have writes of its job that the server lacks. This includes an
/// executor that no failover in this journal has chosen.
std::vector<HeldWrites> writesElsewhere(const Placement& placement, const Server& server);

}  // namespace standin::domain
