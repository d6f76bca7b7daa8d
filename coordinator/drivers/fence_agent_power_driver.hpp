#pragma once

#include <string>

#include "coordinator/drivers/fence_agent.hpp"
#include "coordinator/drivers/power_driver.hpp"

namespace standin::drivers {

/// Power by ClusterLabs' fence agents over a ladder of devices (S182, S203, S230).
///
/// A rung is tried when the rungs before it could not confirm; each gets an equal share of the time that is left. The
/// devices of one rung act at the same time and all must confirm. What an agent says of its own action is not believed:
/// the device is read back, also after its action failed or was killed, until it confirms or the rung's time is over.
///
/// Errors: InvalidInput or NotFound if no device was even asked because the configuration is wrong; otherwise TimedOut,
/// 'may have happened', with every device's reason.
class FenceAgentPowerDriver final : public PowerDriver {
  public:
    explicit FenceAgentPowerDriver(std::string agents_directory = "/usr/sbin") : agent_(std::move(agents_directory)) {}

    /// Off if all devices of a rung are off, On if one is on; the next rung is asked while that leaves it Unknown.
    /// Unknown is a value and not an error.
    base::Result<PowerState> state(const PowerLadder& ladder, Deadline deadline) override;
    base::Result<void> off(const PowerLadder& ladder, Deadline deadline) override;
    base::Result<void> on(const PowerLadder& ladder, Deadline deadline) override;

    /// For `--check-config`: everything about a ladder that can be known without asking its devices.
    [[nodiscard]] base::Result<void> check(const PowerLadder& ladder) const;

  private:
    base::Result<void> drive(const PowerLadder& ladder, PowerState wanted, Deadline deadline) const;
    FenceAgent agent_;
};

}  // namespace standin::drivers
