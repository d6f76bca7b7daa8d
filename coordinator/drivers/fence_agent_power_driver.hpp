#pragma once

#include <string>

#include "coordinator/drivers/fence_agent.hpp"
#include "coordinator/drivers/power_ladder.hpp"

namespace standin::drivers {

/// Devices spoken to by ClusterLabs' fence agents, in real time.
class FenceAgentDevices : public PowerDevices {
  public:
    explicit FenceAgentDevices(std::string agents_directory) : agent_(std::move(agents_directory)) {}

    base::Result<void> act(const PowerDevice& device, PowerState wanted, Deadline deadline) final;
    PowerReading read(const PowerDevice& device, Deadline deadline) final;
    /// By ipmitool, for the agents that are fence_ipmilan: no fence agent has an action for it.
    base::Result<void> shutDown(const PowerDevice& device, Deadline deadline) final;
    /// By ipmitool for the agents that are fence_ipmilan, from the BMC's own resource for fence_redfish.
    base::Result<std::string> uuid(const PowerDevice& device, Deadline deadline) final;
    base::Result<void> runShutdown(const std::vector<std::string>& command, Deadline deadline) final;
    base::SteadyTime now() final { return std::chrono::steady_clock::now(); }
    void pause(Deadline time) final;
    void together(const std::vector<std::function<void()>>& tasks) final;

    /// For `--check-config`: everything about a ladder that can be known without asking its devices.
    [[nodiscard]] base::Result<void> check(const PowerLadder& ladder) const;

  private:
    FenceAgent agent_;
};

/// Power by fence agents, after the rules of LadderPowerDriver.
class FenceAgentPowerDriver final : private FenceAgentDevices, public LadderPowerDriver {
  public:
    explicit FenceAgentPowerDriver(std::string agents_directory = "/usr/sbin")
        : FenceAgentDevices(std::move(agents_directory)),
          LadderPowerDriver(static_cast<PowerDevices&>(static_cast<FenceAgentDevices&>(*this))) {}

    using FenceAgentDevices::check;
    using LadderPowerDriver::shutDown;
};

}  // namespace standin::drivers
