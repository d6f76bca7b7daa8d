#include "coordinator/simulation/drivers.hpp"

#include "coordinator/simulation/power_devices.hpp"
#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

using base::Result;
using drivers::Deadline;
using protocol::CommandStamp;

namespace {

/// One agent of a simulated world.
class Way {
  public:
    Way(World& world, std::string agent) : world_(world), agent_(std::move(agent)) {}

    /// Asks for `effect`, which answers at once.
    template <typename Answer, typename What>
    Result<Answer> ask(std::string verb, const std::string& subject, const CommandStamp* stamp, Deadline deadline,
                       What effect) {
        return askLater<Answer>(std::move(verb), subject, stamp, deadline,
                                [effect = std::move(effect)](const Reply<Answer>& reply) { reply(effect()); });
    }
    template <typename Answer>
    Result<Answer> askLater(std::string verb, const std::string& subject, const CommandStamp* stamp, Deadline deadline,
                            Effect<Answer> effect) {
        Command command{agent_, std::move(verb), subject, {}};
        if (stamp != nullptr) command.stamp = *stamp;
        return world_.network.ask<Answer>(command, deadline, std::move(effect));
    }
    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] const std::string& agent() const { return agent_; }

  private:
    World& world_;
    const std::string agent_;
};

class SimulatedHypervisorDriver final : public drivers::HypervisorDriver {
  public:
    SimulatedHypervisorDriver(World& world, const std::string& agent)
        : way_(world, agent), host_(world.vm_hosts.at(agent)) {}

    Result<protocol::StandIn> standIn(const base::StandInName& name, Deadline deadline) override {
        return way_.ask<protocol::StandIn>("stand_in.get", name.text(), nullptr, deadline,
                                           [this, name] { return host_.standIn(name); });
    }
    Result<protocol::StandIn> make(const CommandStamp& stamp, const base::StandInName& name,
                                   const protocol::StandInDefinition& definition, Deadline deadline) override {
        return way_.askLater<protocol::StandIn>(
            "stand_in.make", name.text(), &stamp, deadline,
            [this, name, definition](const auto& reply) { host_.make(name, definition, reply); });
    }
    Result<protocol::StandIn> setState(const CommandStamp& stamp, const base::StandInName& name,
                                       protocol::StandInState state, Deadline deadline) override {
        return way_.askLater<protocol::StandIn>(
            std::string("stand_in.") + protocol::nameOf(state), name.text(), &stamp, deadline,
            [this, name, state](const auto& reply) { host_.setState(name, state, reply); });
    }
    Result<protocol::StandIn> setResources(const CommandStamp& stamp, const base::StandInName& name,
                                           const protocol::StandInResources& resources, Deadline deadline) override {
        return way_.ask<protocol::StandIn>("stand_in.resources", name.text(), &stamp, deadline,
                                           [this, name, resources] { return host_.setResources(name, resources); });
    }
    Result<void> remove(const CommandStamp& stamp, const base::StandInName& name, Deadline deadline) override {
        return way_.ask<void>("stand_in.remove", name.text(), &stamp, deadline,
                              [this, name] { return host_.remove(name); });
    }
    Result<protocol::StandInRequests> requests(const base::StandInName& name, Deadline deadline) override {
        return way_.ask<protocol::StandInRequests>("stand_in.requests", name.text(), nullptr, deadline,
                                                   [this, name] { return host_.requests(name); });
    }
    Result<protocol::Capacity> capacity(Deadline deadline) override {
        return way_.ask<protocol::Capacity>("capacity.get", way_.agent(), nullptr, deadline,
                                            [this]() -> Result<protocol::Capacity> { return host_.capacity(); });
    }

  private:
    Way way_;
    VmHost& host_;
};

class SimulatedSwitchDriver final : public drivers::SwitchDriver {
  public:
    SimulatedSwitchDriver(World& world, const std::string& agent)
        : way_(world, agent), switch_(world.switches.at(agent)) {}

    Result<protocol::Segment> segment(const base::SegmentId& id, Deadline deadline) override {
        return way_.ask<protocol::Segment>("segment.get", id.text(), nullptr, deadline,
                                           [this, id] { return switch_.segment(id); });
    }
    Result<protocol::Segment> setSegment(const CommandStamp& stamp, const base::SegmentId& id,
                                         const protocol::SegmentOrder& order, Deadline deadline) override {
        return way_.askLater<protocol::Segment>(
            "segment.set", id.text(), &stamp, deadline,
            [this, stamp, id, order](const Reply<protocol::Segment>& reply) {
                auto& world = way_.world();
                world.queue.after(world.setting.measures.transaction, [this, stamp, id, order, reply] {
                    reply(switch_.order(stamp, id, order));
                });
            });
    }

  private:
    Way way_;
    LanSwitch& switch_;
};

class SimulatedImageStoreDriver final : public drivers::ImageStoreDriver {
  public:
    SimulatedImageStoreDriver(World& world, const std::string& agent)
        : way_(world, agent), store_(world.stores.at(agent)) {}

    Result<std::vector<protocol::Image>> images(Deadline deadline) override {
        return way_.ask<std::vector<protocol::Image>>(
            "image.list", way_.agent(), nullptr, deadline,
            [this]() -> Result<std::vector<protocol::Image>> { return store_.list(); });
    }
    Result<protocol::Image> image(const base::ImageId& id, Deadline deadline) override {
        return way_.ask<protocol::Image>("image.get", id.text(), nullptr, deadline,
                                         [this, id] { return store_.image(id); });
    }
    Result<protocol::Image> capture(const CommandStamp& stamp, const base::ImageId& id, const base::DiskName& disk,
                                    Deadline deadline) override {
        return way_.ask<protocol::Image>("image.capture", id.text(), &stamp, deadline,
                                         [this, id, disk] { return store_.capture(id, disk); });
    }
    Result<protocol::ImageDifference> difference(const base::ImageId& a, const base::ImageId& b,
                                                 Deadline deadline) override {
        return way_.ask<protocol::ImageDifference>("image.difference", a.text(), nullptr, deadline,
                                                   [this, a, b] { return store_.difference(a, b); });
    }
    Result<void> remove(const CommandStamp& stamp, const base::ImageId& id, Deadline deadline) override {
        return way_.ask<void>("image.remove", id.text(), &stamp, deadline, [this, id]() -> Result<void> {
            store_.remove(id);
            return {};
        });
    }
    Result<protocol::Restore> restore(const CommandStamp& stamp, const base::RestoreId& id, const base::ImageId& image,
                                      const base::DiskName& disk, Deadline deadline) override {
        return way_.ask<protocol::Restore>("restore.begin", id.text(), &stamp, deadline,
                                           [this, id, image, disk] { return store_.restore(id, image, disk); });
    }
    Result<protocol::Restore> restoreState(const base::RestoreId& id, Deadline deadline) override {
        return way_.ask<protocol::Restore>("restore.get", id.text(), nullptr, deadline,
                                           [this, id] { return store_.restoreState(id); });
    }
    Result<void> cancelRestore(const CommandStamp& stamp, const base::RestoreId& id, Deadline deadline) override {
        return way_.ask<void>("restore.cancel", id.text(), &stamp, deadline, [this, id]() -> Result<void> {
            store_.cancel(id);
            return {};
        });
    }

  private:
    Way way_;
    ImageStore& store_;
};

class SimulatedHolderDriver final : public drivers::HolderDriver {
  public:
    SimulatedHolderDriver(World& world, const std::string& agent)
        : way_(world, agent), holder_(world.holders.at(agent)) {}

    Result<protocol::Hold> hold(const base::JobName& job, Deadline deadline) override {
        return way_.ask<protocol::Hold>("hold.get", job.text(), nullptr, deadline,
                                        [this, job] { return holder_.hold(job); });
    }
    Result<protocol::Hold> setHold(const CommandStamp& stamp, const base::JobName& job, protocol::HoldState state,
                                   Deadline deadline) override {
        return way_.ask<protocol::Hold>(std::string("hold.") + protocol::nameOf(state), job.text(), &stamp, deadline,
                                        [this, job, state] { return holder_.setHold(job, state); });
    }
    Result<protocol::ProbeAnswer> probe(const base::JobName& job, const protocol::ProbeRequest& request,
                                        Deadline deadline) override {
        return way_.askLater<protocol::ProbeAnswer>(
            "probe", job.text(), nullptr, deadline,
            [this, job, request](const auto& reply) { holder_.probe(job, request, reply); });
    }

  private:
    Way way_;
    RequestHolder& holder_;
};

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
        world_.log.line("the operator is told: {}", notification.message);
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
        all.hypervisors[base::AgentName(name)] = std::make_shared<SimulatedHypervisorDriver>(world, name);
    for (const auto& [name, its] : world.switches)
        all.switches[base::AgentName(name)] = std::make_shared<SimulatedSwitchDriver>(world, name);
    for (const auto& [name, store] : world.stores)
        all.image_stores[base::AgentName(name)] = std::make_shared<SimulatedImageStoreDriver>(world, name);
    for (const auto& [name, holder] : world.holders)
        all.holders[base::AgentName(name)] = std::make_shared<SimulatedHolderDriver>(world, name);
    all.power = std::make_shared<SimulatedPowerDriver>(world);
    all.notifier = std::make_shared<SimulatedNotifier>(world);
    all.health = [&world](const base::AgentName& name, Deadline deadline) {
        return Way(world, name.text())
            .ask<protocol::Health>("health.get", name.text(), nullptr, deadline, [name]() -> Result<protocol::Health> {
                return protocol::Health{name.text(), {{"simulated", true, "it runs", {}}}, {}};
            });
    };
    all.claim = [&world](const base::AgentName& name, std::uint64_t epoch, Deadline deadline) {
        const CommandStamp stamp{epoch, "claim", 0};
        return Way(world, name.text()).ask<void>("epoch.claim", name.text(), &stamp, deadline, [] {
            return Result<void>();
        });
    };
    return all;
}

}  // namespace standin::simulation
