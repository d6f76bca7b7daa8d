#include <fmt/format.h>

#include "tests/simulated/simulated_world.hpp"

namespace standin::simulated {

using base::ErrorCode;
using base::failure;
using base::Result;
using drivers::Deadline;
using protocol::CommandStamp;

namespace {

/// Every verb goes through here: an epoch that is older than one seen is refused, faults are applied before or after
/// the effect.
template <typename Answer>
Result<Answer> carryOut(SimulatedWorld& world, const std::string& verb, const std::string& subject,
                        const CommandStamp* stamp, Deadline deadline, const std::function<Result<Answer>()>& effect) {
    const std::lock_guard lock(world.mutex);
    const Fault fault = world.meet(verb, subject);
    const std::string what = verb + " " + subject;
    if (fault == Fault::Unreachable) return failure(ErrorCode::Unreachable, what + ": connection refused");
    if (fault == Fault::Refuses) return failure(ErrorCode::Refused, what + ": refused by the test");
    if (fault == Fault::TimesOut) {
        world.clock.pass(deadline);
        return failure(ErrorCode::TimedOut, fmt::format("{}: no answer within {} ms", what, deadline.count()));
    }
    if (stamp != nullptr) {
        if (stamp->epoch < world.highest_epoch) return failure(ErrorCode::Conflict, what + ": stale epoch");
        world.highest_epoch = stamp->epoch;
    }
    auto answer = effect();
    if (stamp != nullptr && answer) world.course.push_back(what);
    if (stamp != nullptr && world.after_effect) world.after_effect(verb, subject);
    if (fault == Fault::TimesOutAfter) {
        world.clock.pass(deadline);
        return failure(ErrorCode::TimedOut, fmt::format("{}: no answer within {} ms", what, deadline.count()));
    }
    return answer;
}

class SimulatedHypervisorDriver final : public drivers::HypervisorDriver {
  public:
    explicit SimulatedHypervisorDriver(SimulatedWorld& world) : world_(world) {}

    Result<protocol::StandIn> standIn(const base::StandInName& name, Deadline deadline) override {
        return carryOut<protocol::StandIn>(world_, "stand_in.get", name.text(), nullptr, deadline,
                                           [&] { return find(name); });
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
        return carryOut<protocol::StandIn>(world_, std::string("stand_in.") + protocol::nameOf(state), name.text(),
                                           &stamp, deadline, [&]() -> Result<protocol::StandIn> {
                                               auto found = world_.stand_ins.find(name.text());
                                               if (found == world_.stand_ins.end())
                                                   return failure(ErrorCode::NotFound,
                                                                  "there is no stand-in '" + name.text() + "'");
                                               found->second.stand_in.state = state;
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
            world_.capacity.memory_committed_mib -= found->second.stand_in.definition.memory_mib;
            --world_.capacity.stand_ins;
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
                const auto open = machine.connections;
                if (!machine.endless && machine.connections > 0) --machine.connections;
                return protocol::StandInRequests{open, open, true};
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

class SimulatedSwitchDriver final : public drivers::SwitchDriver {
  public:
    explicit SimulatedSwitchDriver(SimulatedWorld& world) : world_(world) {}

    Result<protocol::Segment> segment(const base::SegmentId& id, Deadline deadline) override {
        return carryOut<protocol::Segment>(
            world_, "segment.get", id.text(), nullptr, deadline, [&]() -> Result<protocol::Segment> {
                auto found = world_.segments.find(id.text());
                if (found == world_.segments.end())
                    return failure(ErrorCode::NotFound, "segment '" + id.text() + "' was never ordered");
                return found->second;
            });
    }
    Result<protocol::Segment> setSegment(const CommandStamp& stamp, const base::SegmentId& id,
                                         const protocol::SegmentOrder& order, Deadline deadline) override {
        return carryOut<protocol::Segment>(
            world_, "segment.set", id.text(), &stamp, deadline, [&]() -> Result<protocol::Segment> {
                auto& segment = world_.segments[id.text()];
                check(segment, id, order);
                if (segment.order.owner != order.owner || world_.owners[id.text()].empty()) {
                    world_.owners[id.text()].push_back(order.owner.empty() ? "nobody" : order.owner.text());
                }
                segment.id = id;
                segment.order = order;
                segment.verified = true;
                segment.transaction_ms = 0.5;
                segment.announce_ms = 0.7;
                return segment;
            });
    }

  private:
    /// Rules 1, 2 and 3, as far as a switch can see them.
    void check(const protocol::Segment& before, const base::SegmentId& id, const protocol::SegmentOrder& order) {
        const std::string owner = order.owner.text();
        if (!owner.empty() && order.member(order.owner) == nullptr)
            world_.breach("segment '" + id.text() + "': owner is no member");
        const std::string server = world_.server_of_segment[id.text()];
        const bool others = owner == "stand-in" || owner == "spare" || owner == "new-stand-in";
        if (others && before.order.owner.text() == "server" && world_.machines[server].on) {
            world_.breach("segment '" + id.text() + "' went to '" + owner + "' although server '" + server +
                          "' was not fenced");
        }
        if (owner == "server" && !before.id.empty() && before.order.owner.text() != "server" &&
            world_.repaired.count(server) == 0) {
            world_.breach("segment '" + id.text() + "' went back to a fenced server");
        }
        const auto& hold = world_.holds[id.text()];
        if (owner == "spare" && hold.held > 0 && !order.proxied) world_.breach("held requests were lost");
    }
    SimulatedWorld& world_;
};

class SimulatedImageStoreDriver final : public drivers::ImageStoreDriver {
  public:
    explicit SimulatedImageStoreDriver(SimulatedWorld& world) : world_(world) {}

    Result<std::vector<protocol::Image>> images(Deadline) override {
        std::vector<protocol::Image> all;
        for (const auto& [id, image] : world_.images) all.push_back(image);
        return all;
    }
    Result<protocol::Image> image(const base::ImageId& id, Deadline deadline) override {
        return carryOut<protocol::Image>(
            world_, "image.get", id.text(), nullptr, deadline, [&]() -> Result<protocol::Image> {
                auto found = world_.images.find(id.text());
                if (found == world_.images.end())
                    return failure(ErrorCode::NotFound, "there is no image '" + id.text() + "'");
                if (found->second.state == protocol::ImageState::Capturing)
                    found->second.state = protocol::ImageState::Ready;
                return found->second;
            });
    }
    Result<protocol::Image> capture(const CommandStamp& stamp, const base::ImageId& id, const base::DiskName& disk,
                                    Deadline deadline) override {
        return carryOut<protocol::Image>(
            world_, "image.capture", id.text(), &stamp, deadline, [&]() -> Result<protocol::Image> {
                auto& image = world_.images[id.text()];
                if (!image.id.empty()) return image;
                if (world_.machines[disk.text()].on)
                    world_.breach("disk '" + disk.text() + "' was captured while its server ran");
                image.id = id;
                image.disk = disk;
                image.state = protocol::ImageState::Capturing;
                image.size_bytes = image.stored_bytes = 1 << 20;
                image.checksum = content[disk.text()].empty() ? "content of " + disk.text() : content[disk.text()];
                return image;
            });
    }
    Result<protocol::ImageDifference> difference(const base::ImageId& a, const base::ImageId& b,
                                                 Deadline deadline) override {
        return carryOut<protocol::ImageDifference>(
            world_, "image.difference", a.text(), nullptr, deadline, [&]() -> Result<protocol::ImageDifference> {
                const bool equal = world_.images[a.text()].checksum == world_.images[b.text()].checksum;
                return protocol::ImageDifference{equal, equal ? 0u : 7u, equal ? 0u : 7u * 65536u};
            });
    }
    Result<void> remove(const CommandStamp& stamp, const base::ImageId& id, Deadline deadline) override {
        return carryOut<void>(world_, "image.remove", id.text(), &stamp, deadline, [&]() -> Result<void> {
            world_.images.erase(id.text());
            return {};
        });
    }
    Result<protocol::Restore> restore(const CommandStamp& stamp, const base::RestoreId& id, const base::ImageId& image,
                                      const base::DiskName& disk, Deadline deadline) override {
        const auto& spare = world_.spare_of_disk[disk.text()];
        return carryOut<protocol::Restore>(
            world_, "restore.begin", spare, &stamp, deadline, [&]() -> Result<protocol::Restore> {
                auto& restore = world_.restores[id.text()];
                if (!restore.id.empty()) return restore;
                if (world_.machines[spare].on) world_.breach("spare '" + spare + "' was written to while it was on");
                restore.id = id;
                restore.image = image;
                restore.disk = disk;
                restore.state = protocol::RestoreState::Restoring;
                restore.progress = {0, 100, 0};
                world_.machines[spare].disk = "half written";
                return restore;
            });
    }
    Result<protocol::Restore> restoreState(const base::RestoreId& id, Deadline deadline) override {
        return carryOut<protocol::Restore>(
            world_, "restore.get", id.text(), nullptr, deadline, [&]() -> Result<protocol::Restore> {
                auto found = world_.restores.find(id.text());
                if (found == world_.restores.end())
                    return failure(ErrorCode::NotFound, "there is no restore '" + id.text() + "'");
                auto& restore = found->second;
                if (restore.state == protocol::RestoreState::Restoring) {
                    restore.progress.done_bytes += 25;
                    if (restore.progress.done_bytes >= 100) {
                        restore.state = protocol::RestoreState::Done;
                        world_.machines[world_.spare_of_disk[restore.disk.text()]].disk = restore.image.text();
                    }
                }
                return restore;
            });
    }
    Result<void> cancelRestore(const CommandStamp& stamp, const base::RestoreId& id, Deadline deadline) override {
        return carryOut<void>(world_, "restore.cancel", id.text(), &stamp, deadline, [&]() -> Result<void> {
            if (auto found = world_.restores.find(id.text()); found != world_.restores.end())
                found->second.state = protocol::RestoreState::Cancelled;
            return {};
        });
    }
    std::map<std::string, std::string> content;

  private:
    SimulatedWorld& world_;
};

class SimulatedHolderDriver final : public drivers::HolderDriver {
  public:
    explicit SimulatedHolderDriver(SimulatedWorld& world) : world_(world) {}

    Result<protocol::Hold> hold(const base::JobName& job, Deadline deadline) override {
        return carryOut<protocol::Hold>(world_, "hold.get", job.text(), nullptr, deadline,
                                        [&]() -> Result<protocol::Hold> { return step(job); });
    }
    Result<protocol::Hold> setHold(const CommandStamp& stamp, const base::JobName& job, protocol::HoldState state,
                                   Deadline deadline) override {
        return carryOut<protocol::Hold>(world_, std::string("hold.") + protocol::nameOf(state), job.text(), &stamp,
                                        deadline, [&]() -> Result<protocol::Hold> {
                                            auto& hold = world_.holds[job.text()];
                                            if (state == protocol::HoldState::Idle && hold.held > 0)
                                                world_.breach("held requests of job '" + job.text() + "' were dropped");
                                            if (state == protocol::HoldState::Holding && hold.state != state)
                                                hold.held = 3;
                                            hold.job = job;
                                            hold.state = state;
                                            return hold;
                                        });
    }
    Result<protocol::ProbeAnswer> probe(const base::JobName& job, const protocol::ProbeRequest& request,
                                        Deadline deadline) override {
        return carryOut<protocol::ProbeAnswer>(
            world_, "probe", job.text(), nullptr, deadline, [&]() -> Result<protocol::ProbeAnswer> {
                const bool answers = answersBehindBackLeg(job);
                if (!answers) world_.clock.pass(std::chrono::milliseconds(request.deadline_ms));
                return protocol::ProbeAnswer{answers, answers ? 5.0 : 0, answers ? 200 : 0, 1,
                                             answers ? "" : "connection refused"};
            });
    }

  private:
    protocol::Hold step(const base::JobName& job) {
        auto& hold = world_.holds[job.text()];
        if (hold.state == protocol::HoldState::Releasing && hold.held > 0) {
            --hold.held;
            ++hold.delivered;
            if (!answersBehindBackLeg(job))
                world_.breach("a held request of job '" + job.text() + "' was released to nobody");
        }
        return hold;
    }
    bool answersBehindBackLeg(const base::JobName& job) {
        const auto& order = world_.segments[job.text()].order;
        const auto* member = order.member(order.back_leg_to);
        if (member == nullptr) return false;
        for (const auto& [name, machine] : world_.stand_ins) {
            if (machine.stand_in.port == member->port)
                return machine.answers && machine.stand_in.state == protocol::StandInState::Running;
        }
        for (const auto& [name, machine] : world_.machines) {
            if ("p-" + name == member->port.text()) return machine.on && machine.boots;
        }
        return false;
    }
    SimulatedWorld& world_;
};

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

  private:
    static std::string machineOf(const drivers::PowerLadder& ladder) {
        return ladder.rungs.at(0).at(0).options.at("machine");
    }
    Result<void> set(const drivers::PowerLadder& ladder, bool on, Deadline deadline) {
        const auto name = machineOf(ladder);
        const CommandStamp no_epoch{world_.highest_epoch, {}};
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

class SimulatedNotifier final : public drivers::Notifier {
  public:
    explicit SimulatedNotifier(SimulatedWorld& world) : world_(world) {}
    void notify(const drivers::Notification& notification) override { world_.told.push_back(notification.message); }

  private:
    SimulatedWorld& world_;
};

}  // namespace

engine::Drivers simulatedDrivers(SimulatedWorld& world, const engine::Inventory& inventory) {
    engine::Drivers drivers;
    for (const auto& [name, server] : inventory.servers) {
        if (!drivers.hypervisors[server.vm_host])
            drivers.hypervisors[server.vm_host] = std::make_shared<SimulatedHypervisorDriver>(world);
        if (!drivers.switches[server.switch_agent])
            drivers.switches[server.switch_agent] = std::make_shared<SimulatedSwitchDriver>(world);
        if (!drivers.image_stores[server.image_store])
            drivers.image_stores[server.image_store] = std::make_shared<SimulatedImageStoreDriver>(world);
        if (!drivers.holders[server.request_holder])
            drivers.holders[server.request_holder] = std::make_shared<SimulatedHolderDriver>(world);
    }
    drivers.power = std::make_shared<SimulatedPowerDriver>(world);
    drivers.notifier = std::make_shared<SimulatedNotifier>(world);
    return drivers;
}

}  // namespace standin::simulated
