#pragma once

#include <memory>

#include "coordinator/drivers/hypervisor_driver.hpp"

namespace standin::protocol {
class AgentClient;
}

namespace standin::drivers {

/// Stand-ins through a VM host's agent.
class AgentHypervisorDriver final : public HypervisorDriver {
  public:
    explicit AgentHypervisorDriver(std::shared_ptr<protocol::AgentClient> client);

    base::Result<std::vector<protocol::StandIn>> standIns(Deadline deadline) override;
    base::Result<protocol::StandIn> standIn(const base::StandInName& name, Deadline deadline) override;
    base::Result<protocol::StandIn> make(const protocol::CommandStamp& stamp, const base::StandInName& name,
                                         const protocol::StandInDefinition& definition, Deadline deadline) override;
    base::Result<protocol::StandIn> setState(const protocol::CommandStamp& stamp, const base::StandInName& name,
                                             protocol::StandInState state, Deadline deadline) override;
    base::Result<protocol::StandIn> setResources(const protocol::CommandStamp& stamp, const base::StandInName& name,
                                                 const protocol::StandInResources& resources,
                                                 Deadline deadline) override;
    base::Result<void> remove(const protocol::CommandStamp& stamp, const base::StandInName& name,
                              Deadline deadline) override;
    base::Result<protocol::StandInRequests> requests(const base::StandInName& name, Deadline deadline) override;
    base::Result<protocol::GuestClock> clock(const base::StandInName& name, std::chrono::milliseconds within,
                                             Deadline deadline) override;
    base::Result<protocol::Capacity> capacity(Deadline deadline) override;

  private:
    std::shared_ptr<protocol::AgentClient> client_;
};

}  // namespace standin::drivers
