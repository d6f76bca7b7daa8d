#include "coordinator/simulation/drivers.hpp"

#include "coordinator/simulation/power_devices.hpp"
#include "coordinator/simulation/simulated_agent_client.hpp"

namespace standin::simulation {

using base::Result;
using drivers::Deadline;
using protocol::CommandStamp;

namespace {

class SimulatedPowerDriver final : SimulatedPowerDevices, public drivers::LadderPowerDriver {
  public:
    explicit SimulatedPowerDriver(World& world)
        : SimulatedPowerDevices(world),
          drivers::LadderPowerDriver(static_cast<drivers::PowerDevices&>(static_cast<SimulatedPowerDevices&>(*this))) {}
};

class SimulatedNotifier final : public drivers::Notifier {
  public:
    explicit SimulatedNotifier(World& world) : world_(world) {}
    void notify(const drivers::Notification& notification) override {
        world_.log.line("the operator is notified: {}", notification.message);
        world_.told.push_back(notification.message);
        world_.invariants.tells(notification.operation, notification.message);
    }

  private:
    World& world_;
};

}  // namespace

engine::Drivers driversFor(World& world) {
    engine::Drivers all;
    for (const auto& [name, host] : world.vm_hosts)
        all.hypervisors[base::AgentName(name)] = hypervisorDriver(world, name);
    for (const auto& [name, its] : world.switches) all.switches[base::AgentName(name)] = switchDriver(world, name);
    for (const auto& [name, store] : world.stores)
        all.image_stores[base::AgentName(name)] = imageStoreDriver(world, name);
    for (const auto& [name, holder] : world.holders) all.holders[base::AgentName(name)] = holderDriver(world, name);
    all.power = std::make_shared<SimulatedPowerDriver>(world);
    all.notifier = std::make_shared<SimulatedNotifier>(world);
    all.health = [&world](const base::AgentName& name, Deadline deadline) {
        return SimulatedAgentClient(world, name.text())
            .ask<protocol::Health>("health.get", name.text(), nullptr, deadline, [name]() -> Result<protocol::Health> {
                return protocol::Health{name.text(), {{"simulated", true, "it runs", {}}}, {}};
            });
    };
    all.epoch = [&world](const base::AgentName& name, Deadline deadline) {
        return SimulatedAgentClient(world, name.text())
            .ask<std::uint64_t>("epoch.get", name.text(), nullptr, deadline,
                                [&admission = world.network.agent(name.text()).admission]() -> Result<std::uint64_t> {
                                    return admission.leader().epoch;
                                });
    };
    all.claim = [&world](const base::AgentName& name, const protocol::Leader& as, Deadline deadline) {
        const CommandStamp stamp{as.epoch, "claim", 0, as.instance};
        return SimulatedAgentClient(world, name.text()).ask<void>("epoch.claim", name.text(), &stamp, deadline, [] {
            return Result<void>();
        });
    };
    return all;
}

}  // namespace standin::simulation
