#pragma once

#include <optional>

#include "agent/protocol/segment.hpp"
#include "coordinator/domain/obstacle.hpp"
#include "coordinator/domain/placement.hpp"
#include "coordinator/engine/drivers.hpp"

namespace standin::engine {

/// A server's job where the journal says that it is, for the watch to compare with the world.
struct WatchedPlacement {
    base::ServerName server;
    domain::Placement placement;   ///< never on Nobody
    base::PortName stand_in_port;  ///< with StandIn
    bool through_holder = false;   ///< with Spare: connections may still go through the request holder
    bool operator==(const WatchedPlacement&) const = default;
};

/// What is wrong with the executor of such a job.
struct ExecutorLoss {
    std::string why;             ///< `is stopped, not running`
    bool after_silence = false;  ///< its VM host is back without it
    bool server_is_off = false;  ///< the failed server's power was read as off
};

/// A failover that rests until somebody answers.
struct BlockedFailover {
    domain::OperationId failover = 0;
    base::ServerName server;
    base::StandInName stand_in;
    domain::Obstacle obstacle;
    bool operator==(const BlockedFailover&) const = default;
};

/// A job that is asked at its address and does not answer.
struct JobSilence {
    base::WallTime since{};
    std::string problem;        ///< `connection refused`
    bool machine_runs = false;  ///< as it was read just now
};

/// The member that owns the segment then.
base::MemberName ownerOf(domain::Placement::On on);

/// `stand-in 'server01-3'`, `spare 'spare01'`, `server 'server01'`.
std::string executorText(const WatchedPlacement& placed);

/// The order that says so to the switch. Nothing: the executor's port is not known.
std::optional<protocol::SegmentOrder> orderFor(const Inventory& inventory, const WatchedPlacement& placed);

/// Who it is that owns a segment which was found away from its server: a spare is known by its port, a stand-in by the
/// port that it was made with. Names that are not known stay empty.
domain::Placement placementBy(const Inventory& inventory, const domain::Server& server,
                              const protocol::SegmentOrder& order, const domain::SpareTableRow* row);

}  // namespace standin::engine
