#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "coordinator/drivers/power_driver.hpp"

namespace standin::drivers {

/// A device's report about its machine, with its own words for the operator.
struct PowerReading {
    PowerState state = PowerState::Unknown;
    std::string words;
};

/// The devices of ladders, and their time. Thread-safe.
class PowerDevices {
  public:
    virtual ~PowerDevices() = default;

    /// Switches to `wanted`, On or Off. Success means only that the device reported success. NotFound and InvalidInput:
    /// the configuration is wrong, and the device was not asked. TimedOut: it may have acted.
    virtual base::Result<void> act(const PowerDevice& device, PowerState wanted, Deadline deadline) = 0;
    virtual PowerReading read(const PowerDevice& device, Deadline deadline) = 0;
    /// Makes the device request a shutdown from its machine's system. Unsupported: it cannot.
    virtual base::Result<void> shutDown(const PowerDevice& device, Deadline) {
        return base::failure(base::ErrorCode::Unsupported, device.agent + " cannot");
    }
    /// The UUID of its machine. Unsupported: such a device does not know it.
    virtual base::Result<std::string> uuid(const PowerDevice& device, Deadline) {
        return base::failure(base::ErrorCode::Unsupported, device.agent + " does not report a UUID");
    }
    /// Runs a program that does the same. Success: it ended with 0.
    virtual base::Result<void> runShutdown(const std::vector<std::string>&, Deadline) {
        return base::failure(base::ErrorCode::Unsupported, "no program is run here");
    }

    virtual base::SteadyTime now() = 0;
    virtual void pause(Deadline time) = 0;
    /// Runs all tasks concurrently; returns when the last has ended.
    virtual void together(const std::vector<std::function<void()>>& tasks) = 0;
};

/// The rules of a ladder of devices (S182, S203, S230), whatever the devices are.
///
/// A rung is tried when the rungs before it could not confirm; each gets an equal share of the time that is left, and
/// none is begun when that is over. The devices of one rung act at the same time and all must confirm. What a device
/// says of its own action is not believed: it is read back, also after its action failed or was given up, until it
/// confirms or the rung's time is over.
///
/// Errors: InvalidInput or NotFound if no device was even asked because the configuration is wrong; otherwise TimedOut,
/// 'may have happened', with every device's reason.
class LadderPowerDriver : public PowerDriver {
  public:
    explicit LadderPowerDriver(PowerDevices& devices) : devices_(devices) {}

    /// Off if all devices of a rung are off, On if one is on; the next rung is asked while that leaves it Unknown.
    /// Unknown is a value and not an error.
    base::Result<PowerState> state(const PowerLadder& ladder, Deadline deadline) final;
    base::Result<void> off(const PowerLadder& ladder, Deadline deadline) final;
    base::Result<void> on(const PowerLadder& ladder, Deadline deadline) final;
    /// The ladder's program, or the first device that can.
    base::Result<void> shutDown(const PowerLadder& ladder, Deadline deadline) final;
    /// All devices at the same time.
    std::vector<UuidReading> uuids(const PowerLadder& ladder, Deadline deadline) final;

  private:
    struct Outcome;
    base::Result<void> drive(const PowerLadder& ladder, PowerState wanted, Deadline deadline);
    Outcome driveDevice(const PowerDevice& device, PowerState wanted, base::SteadyTime until);
    [[nodiscard]] Deadline left(base::SteadyTime until);
    base::SteadyTime endOfRung(base::SteadyTime until, std::size_t index, std::size_t rungs);
    bool isOver(base::SteadyTime until, std::size_t index);
    template <typename Answer>
    std::vector<Answer> askTogether(const std::vector<PowerDevice>& rung,
                                    std::function<Answer(const PowerDevice&)> ask);

    PowerDevices& devices_;
};

/// `fence_ipmilan (ip=127.77.0.101)`: a device in messages.
std::string describe(const PowerDevice& device);

}  // namespace standin::drivers
