#pragma once

#include <memory>

#include "coordinator/drivers/holder_driver.hpp"

namespace standin::protocol {
class AgentClient;
}

namespace standin::drivers {

/// Holding, releasing and probing through a request holder's agent.
class AgentHolderDriver final : public HolderDriver {
  public:
    explicit AgentHolderDriver(std::shared_ptr<protocol::AgentClient> client);

    base::Result<protocol::Hold> hold(const base::JobName& job, Deadline deadline) override;
    base::Result<protocol::Hold> setHold(const protocol::CommandStamp& stamp, const base::JobName& job,
                                         protocol::HoldState state, Deadline deadline) override;
    base::Result<protocol::ProbeAnswer> probe(const base::JobName& job, const protocol::ProbeRequest& request,
                                              Deadline deadline) override;

  private:
    std::shared_ptr<protocol::AgentClient> client_;
};

}  // namespace standin::drivers
