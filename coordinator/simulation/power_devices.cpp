#include "coordinator/simulation/power_devices.hpp"

#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

using base::ErrorCode;
using base::failure;
using base::Result;
using drivers::Deadline;
using drivers::PowerReading;
using drivers::PowerState;

namespace {

Command commandTo(const drivers::PowerDevice& device, const char* verb) {
    const std::string& machine = device.options.at("machine");
    return {"bmc-" + machine, verb, machine};
}

/// Whether the power really changes, and what is said about it.
void switchPower(World& world, const std::string& name, PowerState wanted, const Reply<void>& reply) {
    Machine& machine = world.machines.at(name);
    Bmc& bmc = world.bmcs.at(name);
    if (bmc.dead) return;  // no answer, ever
    if (bmc.busy > 0) {
        --bmc.busy;
        return reply(failure(ErrorCode::Internal, "the BMC is busy"));
    }
    world.invariants.commandsPower(name);
    if (bmc.honesty == Bmc::Honesty::Honest) {
        if (wanted == PowerState::Off) world.invariants.cutsPower(name);
        world.power(machine, wanted == PowerState::On);
    }
    reply({});
}

/// Its system shuts down by itself some time later, if it runs and listens.
void askToShutDown(World& world, const std::string& name, const Reply<void>& reply) {
    Machine& machine = world.machines.at(name);
    Bmc& bmc = world.bmcs.at(name);
    if (bmc.dead) return;
    if (bmc.busy > 0) {
        --bmc.busy;
        return reply(failure(ErrorCode::Internal, "the BMC is busy"));
    }
    world.invariants.asksToShutDown(name);
    if (bmc.honesty == Bmc::Honesty::Honest && machine.on && !machine.hangs && !machine.broken) {
        world.log.line("{} shuts down", name);
        world.queue.after(world.config.timings.shutdown, [&world, name, since = machine.on_since] {
            Machine& still = world.machines.at(name);
            if (still.on && still.on_since == since && !still.broken) world.power(still, false);
        });
    }
    reply({});
}

PowerReading readingOf(World& world, const std::string& name) {
    const bool on = world.bmcs.at(name).honesty != Bmc::Honesty::Lies && world.machines.at(name).on;
    return {on ? PowerState::On : PowerState::Off, on ? "it is on" : "it is off"};
}

}  // namespace

Result<void> SimulatedPowerDevices::act(const drivers::PowerDevice& device, PowerState wanted, Deadline deadline) {
    return world_.network.ask<void>(
        commandTo(device, wanted == PowerState::Off ? "power.off" : "power.on"), deadline,
        [&world = world_, name = device.options.at("machine"), wanted](const Reply<void>& reply) {
            const auto takes = world.config.timings.power + world.bmcs.at(name).slower;
            world.queue.after(takes, [&world, name, wanted, reply] { switchPower(world, name, wanted, reply); });
        });
}

Result<void> SimulatedPowerDevices::shutDown(const drivers::PowerDevice& device, Deadline deadline) {
    return world_.network.ask<void>(commandTo(device, "power.soft"), deadline,
                                    [&world = world_, name = device.options.at("machine")](const Reply<void>& reply) {
                                        const auto takes = world.config.timings.power + world.bmcs.at(name).slower;
                                        world.queue.after(takes,
                                                          [&world, name, reply] { askToShutDown(world, name, reply); });
                                    });
}

PowerReading SimulatedPowerDevices::read(const drivers::PowerDevice& device, Deadline deadline) {
    auto reading = world_.network.ask<PowerReading>(
        commandTo(device, "power.read"), deadline,
        [&world = world_, name = device.options.at("machine")](const Reply<PowerReading>& reply) {
            const Bmc& bmc = world.bmcs.at(name);
            if (bmc.dead) return;
            const auto takes = world.config.timings.power_read + bmc.slower;
            world.queue.after(takes, [&world, name, reply] { reply(readingOf(world, name)); });
        });
    return reading ? *reading : PowerReading{PowerState::Unknown, reading.error().message};
}

Result<std::string> SimulatedPowerDevices::uuid(const drivers::PowerDevice& device, Deadline deadline) {
    return world_.network.ask<std::string>(
        commandTo(device, "power.uuid"), deadline,
        [&world = world_, name = device.options.at("machine")](const Reply<std::string>& reply) {
            const Bmc& bmc = world.bmcs.at(name);
            if (bmc.dead) return;
            world.queue.after(world.config.timings.power_read + bmc.slower,
                              [&bmc, reply] { reply(Result<std::string>(bmc.uuid)); });
        });
}

base::SteadyTime SimulatedPowerDevices::now() {
    return world_.clock.steady();
}

void SimulatedPowerDevices::pause(Deadline time) {
    FiberExecutor::sleep(world_.queue, time);
}

void SimulatedPowerDevices::together(const std::vector<std::function<void()>>& tasks) {
    FiberExecutor::together(world_.queue, tasks);
}

}  // namespace standin::simulation
