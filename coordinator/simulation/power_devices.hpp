#pragma once

#include "coordinator/drivers/power_ladder.hpp"

namespace standin::simulation {

class World;

/// The BMCs of a simulated world, in virtual time. A device names its machine in the option `machine`.
class SimulatedPowerDevices : public drivers::PowerDevices {
  public:
    explicit SimulatedPowerDevices(World& world) : world_(world) {}

    base::Result<void> act(const drivers::PowerDevice& device, drivers::PowerState wanted,
                           drivers::Deadline deadline) final;
    drivers::PowerReading read(const drivers::PowerDevice& device, drivers::Deadline deadline) final;
    base::Result<void> shutDown(const drivers::PowerDevice& device, drivers::Deadline deadline) final;
    base::Result<std::string> uuid(const drivers::PowerDevice& device, drivers::Deadline deadline) final;
    base::SteadyTime now() final;
    void pause(drivers::Deadline time) final;
    void together(const std::vector<std::function<void()>>& tasks) final;

  private:
    World& world_;
};

}  // namespace standin::simulation
