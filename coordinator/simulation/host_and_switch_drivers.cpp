#include "coordinator/simulation/simulated_agent_client.hpp"

namespace standin::simulation {

using base::Result;
using drivers::Deadline;
using protocol::CommandStamp;

namespace {

class SimulatedHypervisorDriver final : public drivers::HypervisorDriver {
  public:
    SimulatedHypervisorDriver(World& world, const std::string& agent)
        : way_(world, agent), host_(world.vm_hosts.at(agent)) {}

    Result<protocol::StandIn> standIn(const base::StandInName& name, Deadline deadline) override {
        return way_.ask<protocol::StandIn>("stand_in.get", name.text(), nullptr, deadline,
                                           [this, name] { return host_.standIn(name); });
    }
    Result<std::vector<protocol::StandIn>> standIns(Deadline deadline) override {
        return way_.ask<std::vector<protocol::StandIn>>("stand_in.list", way_.agent(), nullptr, deadline,
                                                        [this]() -> Result<std::vector<protocol::StandIn>> {
                                                            std::vector<protocol::StandIn> all;
                                                            for (const auto& [name, machine] : host_.standIns())
                                                                all.push_back(machine.stand_in);
                                                            return all;
                                                        });
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
    Result<protocol::GuestClock> clock(const base::StandInName& name, std::chrono::milliseconds within,
                                       Deadline deadline) override {
        return way_.ask<protocol::GuestClock>("stand_in.clock", name.text(), nullptr,
                                              std::min<Deadline>(deadline, within + std::chrono::seconds(1)),
                                              [this, name]() -> Result<protocol::GuestClock> {
                                                  const auto stand_in = host_.standIn(name);
                                                  if (!stand_in) return base::failure(stand_in.error());
                                                  return stand_in->clock;
                                              });
    }
    Result<protocol::Capacity> capacity(Deadline deadline) override {
        return way_.ask<protocol::Capacity>("capacity.get", way_.agent(), nullptr, deadline,
                                            [this]() -> Result<protocol::Capacity> { return host_.capacity(); });
    }

  private:
    SimulatedAgentClient way_;
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
    Result<std::vector<protocol::Segment>> segmentsAt(const base::PortName& port, Deadline deadline) override {
        return way_.ask<std::vector<protocol::Segment>>(
            "segment.list", port.text(), nullptr, deadline,
            [this, port]() -> Result<std::vector<protocol::Segment>> { return switch_.segmentsAt(port); });
    }
    Result<protocol::PortReading> port(const base::PortName& name, Deadline deadline) override {
        return way_.ask<protocol::PortReading>(
            "port.get", name.text(), nullptr, deadline,
            [this, name]() -> Result<protocol::PortReading> { return switch_.port(name); });
    }
    Result<protocol::Segment> setSegment(const CommandStamp& stamp, const base::SegmentId& id,
                                         const protocol::SegmentOrder& order, Deadline deadline) override {
        return way_.askLater<protocol::Segment>(
            "segment.set", id.text(), &stamp, deadline,
            [this, stamp, id, order, sent = way_.world().now()](const Reply<protocol::Segment>& reply) {
                auto& world = way_.world();
                world.queue.after(world.config.timings.transaction, [this, stamp, id, order, sent, reply] {
                    reply(switch_.order(stamp, id, order, sent));
                });
            });
    }

  private:
    SimulatedAgentClient way_;
    LanSwitch& switch_;
};

}  // namespace

std::shared_ptr<drivers::HypervisorDriver> hypervisorDriver(World& world, const std::string& agent) {
    return std::make_shared<SimulatedHypervisorDriver>(world, agent);
}

std::shared_ptr<drivers::SwitchDriver> switchDriver(World& world, const std::string& agent) {
    return std::make_shared<SimulatedSwitchDriver>(world, agent);
}

}  // namespace standin::simulation
