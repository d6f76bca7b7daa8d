#include "tests/simulated/simulated_command.hpp"

namespace standin::simulated {

namespace {

class SimulatedNotifier final : public drivers::Notifier {
  public:
    explicit SimulatedNotifier(SimulatedWorld& world) : world_(world) {}
    void notify(const drivers::Notification& notification) override {
        const std::lock_guard lock(world_.mutex);
        world_.told.push_back(notification.message);
    }

  private:
    SimulatedWorld& world_;
};

}  // namespace

engine::Drivers simulatedDrivers(SimulatedWorld& world, const engine::Inventory& inventory) {
    engine::Drivers drivers;
    for (const auto& [name, server] : inventory.servers) {
        if (!drivers.hypervisors[server.vm_host]) drivers.hypervisors[server.vm_host] = simulatedHypervisor(world);
        if (!drivers.switches[server.switch_agent]) drivers.switches[server.switch_agent] = simulatedSwitch(world);
        if (!drivers.image_stores[server.image_store])
            drivers.image_stores[server.image_store] = simulatedImageStore(world);
        if (!drivers.holders[server.request_holder]) drivers.holders[server.request_holder] = simulatedHolder(world);
    }
    drivers.power = simulatedPower(world);
    drivers.notifier = std::make_shared<SimulatedNotifier>(world);
    drivers.epoch = [&world](const base::AgentName&, drivers::Deadline) -> base::Result<std::uint64_t> {
        return world.leader.epoch;
    };
    drivers.claim = [&world](const base::AgentName&, const protocol::Leader& as,
                             drivers::Deadline) -> base::Result<void> {
        const std::lock_guard lock(world.mutex);
        ++world.claims;
        const protocol::CommandStamp stamp{as.epoch, "claim", 0, as.instance};
        if (protocol::isDeposed(stamp, world.leader))
            return base::failure(base::ErrorCode::StaleEpoch, "claim: stale epoch");
        world.leader = protocol::leaderBy(stamp);
        if (world.after_claim) world.after_claim();
        return {};
    };
    return drivers;
}

}  // namespace standin::simulated
