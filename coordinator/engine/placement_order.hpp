#pragma once

#include <optional>

#include "agent/protocol/segment.hpp"
#include "coordinator/domain/obstacle.hpp"
#include "coordinator/domain/placement.hpp"
#include "coordinator/engine/drivers.hpp"

namespace standin::engine {

/// The place of a server's job according to the journal, for the watch to compare with the world.
struct WatchedPlacement {
    base::ServerName server;
    domain::Placement placement;   ///< never Nobody
    base::PortName stand_in_port;  ///< for StandIn
    bool through_holder = false;   ///< for Spare: connections may still be proxied by the request holder
    bool operator==(const WatchedPlacement&) const = default;
};

/// A problem of the machine that executes such a job.
struct ExecutorLoss {
    std::string why;             ///< `is stopped, not running`
    bool after_silence = false;  ///< its VM host answers again, but the stand-in does not run
    bool server_is_off = false;  ///< the failed server's power was read as off
};

/// A failover that rests until an agent answers.
struct BlockedFailover {
    domain::OperationId failover = 0;
    base::ServerName server;
    base::StandInName stand_in;
    domain::Obstacle obstacle;
    bool operator==(const BlockedFailover&) const = default;
};

/// A job that does not answer a probe at its address.
struct JobSilence {
    base::WallTime since{};
    std::string problem;        ///< `connection refused`
    bool machine_runs = false;  ///< as it was read just now
};

/// The member of the segment that is its owner for this placement.
base::MemberName ownerOf(domain::Placement::On on);

/// `stand-in 'server01-3'`, `spare 'spare01'`, `server 'server01'`.
std::string executorText(const WatchedPlacement& placed);

/// The order to the switch for this placement. Nullopt: the executor's port is not known.
std::optional<protocol::SegmentOrder> orderFor(const Inventory& inventory, const WatchedPlacement& placed);

/// The placement for a segment that was found away from its server. A spare is identified by its port, a stand-in by
/// the port that it was made with; names that are not known stay empty.
domain::Placement placementBy(const Inventory& inventory, const domain::Server& server,
                              const protocol::SegmentOrder& order, const domain::SpareTableRow* row);

}  // namespace standin::engine
