#pragma once

#include <optional>
#include <vector>

#include "coordinator/domain/operation.hpp"
#include "coordinator/domain/placement.hpp"
#include "coordinator/domain/spare_table.hpp"

namespace standin::domain {

/// What the journal holds about a server beside its operations.
struct ServerRecord {
    std::optional<SpareTableRow> row;  ///< nothing: it has none
    Placement placement;
};

/// What an operation's change of state means beside the operation.
struct Outcome {
    std::optional<SpareTableRow> row;       ///< replaces the server's row; nothing: it stays
    std::optional<Placement> placement;     ///< replaces the job's placement; nothing: it stays
    std::vector<base::SpareName> released;  ///< the operation's leases of these spares end
    bool ends_return = false;               ///< the job is no longer brought back to its server: that has failed
};

/// Pure. `operation` is as it stands after the change, `before` as the last change left it.
Outcome outcomeOf(const Operation& operation, const Change& change, const Server& server, const ServerRecord& before);

/// The server executes its job again, and an operator has agreed to lose what others wrote. The disks of stand-ins are
/// there until they are deleted; spares are free for others from now on.
Placement placementAfterReturn(const Placement& before);

/// Machines other than the server whose disks have writes of its job that the server lacks. An executor that no
/// failover of this journal has chosen has such writes, too.
std::vector<HeldWrites> writesElsewhere(const Placement& placement, const Server& server);

}  // namespace standin::domain
