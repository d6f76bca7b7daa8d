#include "tests/simulated/simulated_command.hpp"

namespace standin::simulated {

using base::ErrorCode;
using base::failure;
using base::Result;
using drivers::Deadline;
using protocol::CommandStamp;

namespace {

class SimulatedPowerDriver final : public drivers::PowerDriver {
  public:
    explicit SimulatedPowerDriver(SimulatedWorld& world) : world_(world) {}

    Result<drivers::PowerState> state(const drivers::PowerLadder& ladder, Deadline deadline) override {
        const auto name = machineOf(ladder);
        return carryOut<drivers::PowerState>(
            world_, "power.state", name, nullptr, deadline, [&]() -> Result<drivers::PowerState> {
                return world_.machines[name].on ? drivers::PowerState::On : drivers::PowerState::Off;
            });
    }
    Result<void> off(const drivers::PowerLadder& ladder, Deadline deadline) override {
        return set(ladder, false, deadline);
    }
    Result<void> on(const drivers::PowerLadder& ladder, Deadline deadline) override {
        return set(ladder, true, deadline);
    }

    /// It is off at once; a machine that `hangs` is only asked.
    Result<void> shutDown(const drivers::PowerLadder& ladder, Deadline deadline) override {
        const auto name = machineOf(ladder);
        const CommandStamp no_epoch{world_.leader.epoch, {}, 0, world_.leader.instance};
        return carryOut<void>(world_, "power.soft", name, &no_epoch, deadline, [&]() -> Result<void> {
            auto& machine = world_.machines[name];
            machine.on = machine.on && machine.hangs;
            return {};
        });
    }

    std::vector<drivers::UuidReading> uuids(const drivers::PowerLadder& ladder, Deadline deadline) override {
        const auto name = machineOf(ladder);
        const auto told = carryOut<std::string>(world_, "power.uuid", name, nullptr, deadline,
                                                [&]() -> Result<std::string> { return world_.machines[name].uuid; });
        return {{"BMC of " + name, told ? *told : "", told ? "cannot tell" : told.error().message}};
    }

  private:
    static std::string machineOf(const drivers::PowerLadder& ladder) {
        return ladder.rungs.at(0).at(0).options.at("machine");
    }
    Result<void> set(const drivers::PowerLadder& ladder, bool on, Deadline deadline) {
        const auto name = machineOf(ladder);
        const CommandStamp no_epoch{world_.leader.epoch, {}, 0, world_.leader.instance};
        return carryOut<void>(world_, on ? "power.on" : "power.off", name, &no_epoch, deadline, [&]() -> Result<void> {
            auto& machine = world_.machines[name];
            if (!on) {
                for (const auto& [id, segment] : world_.segments) {
                    const auto* owner = segment.order.member(segment.order.owner);
                    if (owner != nullptr && segment.order.owner.text() == "spare" &&
                        "p-" + name == owner->port.text()) {
                        world_.breach("spare '" + name + "' was switched off while it executed a job");
                    }
                }
            }
            if (on && !machine.on && machine.disk == "half written")
                world_.breach("spare '" + name + "' was started from a half written disk");
            machine.on = on;
            return {};
        });
    }
    SimulatedWorld& world_;
};

}  // namespace

std::shared_ptr<drivers::PowerDriver> simulatedPower(SimulatedWorld& world) {
    return std::make_shared<SimulatedPowerDriver>(world);
}

}  // namespace standin::simulated
