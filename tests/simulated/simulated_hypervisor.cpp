#include "tests/simulated/simulated_command.hpp"

namespace standin::simulated {

using base::ErrorCode;
using base::failure;
using base::Result;
using drivers::Deadline;
using protocol::CommandStamp;

namespace {

class SimulatedHypervisorDriver final : public drivers::HypervisorDriver {
  public:
    explicit SimulatedHypervisorDriver(SimulatedWorld& world) : world_(world) {}

    Result<protocol::StandIn> standIn(const base::StandInName& name, Deadline deadline) override {
        return carryOut<protocol::StandIn>(world_, "stand_in.get", name.text(), nullptr, deadline,
                                           [&] { return find(name); });
    }
    Result<std::vector<protocol::StandIn>> standIns(Deadline deadline) override {
        return carryOut<std::vector<protocol::StandIn>>(world_, "stand_in.list", "all", nullptr, deadline,
                                                        [&]() -> Result<std::vector<protocol::StandIn>> {
                                                            std::vector<protocol::StandIn> all;
                                                            for (const auto& [name, machine] : world_.stand_ins)
                                                                all.push_back(machine.stand_in);
                                                            return all;
                                                        });
    }
    Result<protocol::StandIn> make(const CommandStamp& stamp, const base::StandInName& name,
                                   const protocol::StandInDefinition& definition, Deadline deadline) override {
        return carryOut<protocol::StandIn>(
            world_, "stand_in.make", name.text(), &stamp, deadline, [&]() -> Result<protocol::StandIn> {
                auto& machine = world_.stand_ins[name.text()];
                if (machine.stand_in.name.empty()) {
                    machine.stand_in.name = name;
                    machine.stand_in.definition = definition;
                    machine.stand_in.state = protocol::StandInState::Stopped;
                    machine.stand_in.resources = {definition.memory_mib, definition.vcpus, definition.weight};
                    world_.capacity.memory_committed_mib += definition.memory_mib;
                    ++world_.capacity.stand_ins;
                }
                return machine.stand_in;
            });
    }
    Result<protocol::StandIn> setState(const CommandStamp& stamp, const base::StandInName& name,
                                       protocol::StandInState state, Deadline deadline) override {
        return carryOut<protocol::StandIn>(
            world_, std::string("stand_in.") + protocol::nameOf(state), name.text(), &stamp, deadline,
            [&]() -> Result<protocol::StandIn> {
                auto found = world_.stand_ins.find(name.text());
                if (found == world_.stand_ins.end())
                    return failure(ErrorCode::NotFound, "there is no stand-in '" + name.text() + "'");
                auto& its = found->second.stand_in;
                const bool would_go_on =
                    state == protocol::StandInState::Running || state == protocol::StandInState::Suspended;
                if (would_go_on && its.state == protocol::StandInState::Halted)
                    return failure(ErrorCode::WrongState, its.problem);
                if (state == protocol::StandInState::Kept && its.state != state) {
                    world_.capacity.memory_committed_mib -= its.definition.memory_mib;
                    --world_.capacity.stand_ins;
                }
                its.state = state;
                if (its.clock.state == protocol::GuestClock::State::Unknown)
                    its.clock.state = protocol::GuestClock::State::Set;
                if (state == protocol::StandInState::Running)
                    found->second.stand_in.port = base::PortName("t-" + name.text());
                return found->second.stand_in;
            });
    }
    Result<protocol::StandIn> setResources(const CommandStamp& stamp, const base::StandInName& name,
                                           const protocol::StandInResources& resources, Deadline deadline) override {
        return carryOut<protocol::StandIn>(
            world_, "stand_in.resources", name.text(), &stamp, deadline, [&]() -> Result<protocol::StandIn> {
                auto found = world_.stand_ins.find(name.text());
                if (found == world_.stand_ins.end())
                    return failure(ErrorCode::NotFound, "there is no stand-in '" + name.text() + "'");
                found->second.stand_in.resources = resources;
                return found->second.stand_in;
            });
    }
    Result<void> remove(const CommandStamp& stamp, const base::StandInName& name, Deadline deadline) override {
        return carryOut<void>(world_, "stand_in.remove", name.text(), &stamp, deadline, [&]() -> Result<void> {
            auto found = world_.stand_ins.find(name.text());
            if (found == world_.stand_ins.end()) return {};
            for (const auto& [id, segment] : world_.segments) {
                const auto* owner = segment.order.member(segment.order.owner);
                if (owner != nullptr && owner->port == found->second.stand_in.port)
                    world_.breach("the owner of segment '" + id + "' was deleted");
            }
            if (found->second.stand_in.state != protocol::StandInState::Kept) {
                world_.capacity.memory_committed_mib -= found->second.stand_in.definition.memory_mib;
                --world_.capacity.stand_ins;
            }
            world_.stand_ins.erase(found);
            return {};
        });
    }
    Result<protocol::StandInRequests> requests(const base::StandInName& name, Deadline deadline) override {
        return carryOut<protocol::StandInRequests>(
            world_, "stand_in.requests", name.text(), nullptr, deadline, [&]() -> Result<protocol::StandInRequests> {
                auto found = world_.stand_ins.find(name.text());
                if (found == world_.stand_ins.end())
                    return failure(ErrorCode::NotFound, "there is no stand-in '" + name.text() + "'");
                auto& machine = found->second;
                if (machine.stand_in.state == protocol::StandInState::Halted)
                    return failure(ErrorCode::WrongState, machine.stand_in.problem);
                const auto open = machine.connections;
                if (!machine.endless && machine.connections > 0) --machine.connections;
                return protocol::StandInRequests{open, open, machine.just_answered, machine.seen};
            });
    }
    Result<protocol::GuestClock> clock(const base::StandInName& name, std::chrono::milliseconds,
                                       Deadline deadline) override {
        return carryOut<protocol::GuestClock>(world_, "stand_in.clock", name.text(), nullptr, deadline,
                                              [&]() -> Result<protocol::GuestClock> {
                                                  auto found = find(name);
                                                  if (!found) return failure(found.error());
                                                  return found->clock;
                                              });
    }
    Result<protocol::Capacity> capacity(Deadline deadline) override {
        return carryOut<protocol::Capacity>(world_, "capacity.get", "vmhost1", nullptr, deadline,
                                            [&]() -> Result<protocol::Capacity> { return world_.capacity; });
    }

  private:
    Result<protocol::StandIn> find(const base::StandInName& name) {
        auto found = world_.stand_ins.find(name.text());
        if (found == world_.stand_ins.end())
            return failure(ErrorCode::NotFound, "there is no stand-in '" + name.text() + "'");
        return found->second.stand_in;
    }
    SimulatedWorld& world_;
};

}  // namespace

std::shared_ptr<drivers::HypervisorDriver> simulatedHypervisor(SimulatedWorld& world) {
    return std::make_shared<SimulatedHypervisorDriver>(world);
}

}  // namespace standin::simulated
