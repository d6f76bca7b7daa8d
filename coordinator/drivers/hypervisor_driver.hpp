#pragma once

#include <vector>

#include "agent/protocol/stand_in.hpp"
#include "coordinator/drivers/deadline.hpp"

namespace standin::drivers {

/// Stand-ins on one VM host. Every verb is absolute and idempotent, so that it may be repeated after TimedOut.
class HypervisorDriver {
  public:
    virtual ~HypervisorDriver() = default;

    /// NotFound: there is no such stand-in.
    virtual base::Result<protocol::StandIn> standIn(const base::StandInName& name, Deadline deadline) = 0;
    /// All of them.
    virtual base::Result<std::vector<protocol::StandIn>> standIns(Deadline) {
        return base::failure(base::ErrorCode::Unsupported, "this VM host does not list its stand-ins");
    }
    /// Begins to make it (S107, S117–S121); `state` is Making until it is Stopped or Failed. Refused: no capacity
    /// (S116).
    virtual base::Result<protocol::StandIn> make(const protocol::CommandStamp& stamp, const base::StandInName& name,
                                                 const protocol::StandInDefinition& definition, Deadline deadline) = 0;
    /// Running (S187), Suspended (S124) or Stopped (S256), confirmed by reading back.
    virtual base::Result<protocol::StandIn> setState(const protocol::CommandStamp& stamp, const base::StandInName& name,
                                                     protocol::StandInState state, Deadline deadline) = 0;
    /// S226.
    virtual base::Result<protocol::StandIn> setResources(const protocol::CommandStamp& stamp,
                                                         const base::StandInName& name,
                                                         const protocol::StandInResources& resources,
                                                         Deadline deadline) = 0;
    /// S128; succeeds when it does not exist.
    virtual base::Result<void> remove(const protocol::CommandStamp& stamp, const base::StandInName& name,
                                      Deadline deadline) = 0;
    /// S224.
    virtual base::Result<protocol::StandInRequests> requests(const base::StandInName& name, Deadline deadline) = 0;
    /// The guest's clock since its resume; waits up to `within` while it is being set (S187). NotFound, Unsupported:
    /// the agent does not know.
    virtual base::Result<protocol::GuestClock> clock(const base::StandInName& name, std::chrono::milliseconds within,
                                                     Deadline deadline) = 0;
    virtual base::Result<protocol::Capacity> capacity(Deadline deadline) = 0;
};

}  // namespace standin::drivers
