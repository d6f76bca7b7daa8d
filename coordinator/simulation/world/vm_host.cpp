#include "coordinator/simulation/world/vm_host.hpp"

#include <fmt/format.h>

#include "coordinator/simulation/world/world.hpp"

namespace standin::simulation {

using base::ErrorCode;
using base::failure;
using base::Result;
using protocol::StandIn;
using protocol::StandInState;

VmHost::VmHost(World& world, std::string name) : world_(world), name_(std::move(name)) {}

ImageStore& VmHost::storeOf(const protocol::StandInDefinition& definition) const {
    const auto& server = world_.config.inventory.servers.at(definition.server);
    return world_.stores.at(server.image_store.text());
}

VirtualMachine* VmHost::find(std::string_view stand_in) {
    const auto found = stand_ins_.find(stand_in);
    return found == stand_ins_.end() ? nullptr : &found->second;
}

Result<StandIn> VmHost::standIn(const base::StandInName& name) const {
    const auto found = stand_ins_.find(name.text());
    if (found == stand_ins_.end())
        return failure(ErrorCode::NotFound, fmt::format("there is no stand-in '{}'", name.text()));
    StandIn told = found->second.stand_in;
    const auto done = storeOf(told.definition).transfers.progress("make " + name.text());
    if (told.state == StandInState::Making && done) {
        told.progress.total_bytes = world_.config.timings.image_mib << 20;
        told.progress.done_bytes = *done;
    }
    world_.invariants.tellsStandIn(told);
    return told;
}

void VmHost::placeStandIn(const base::StandInName& name, const protocol::StandInDefinition& definition,
                          StandInState state) {
    VirtualMachine& machine = stand_ins_[name.text()];
    machine.stand_in.name = name;
    machine.stand_in.definition = definition;
    machine.stand_in.state = state;
    machine.stand_in.resources = {definition.memory_mib, definition.vcpus, definition.weight};
    machine.stand_in.port = base::PortName("t-" + name.text());
}

void VmHost::make(const base::StandInName& name, const protocol::StandInDefinition& definition,
                  const Reply<StandIn>& reply) {
    if (auto* present = find(name.text()); present != nullptr && present->stand_in.state != StandInState::Failed)
        return reply(present->stand_in);
    const auto now = capacity();
    if (now.memory_committed_mib + definition.memory_mib > now.memory_mib) {
        return reply(failure(ErrorCode::Refused,
                             fmt::format("VM host '{}' has no {} MiB of memory left", name_, definition.memory_mib)));
    }
    auto& store = storeOf(definition);
    const std::string image = definition.image.text();
    auto begun = store.transfers.begin(
        "make " + name.text(), world_.config.timings.image_mib,
        [this, &store, stand_in = name.text(), image](const Result<void>& moved) {
            const bool sound = store.images.count(image) > 0 && !store.corrupt[image];
            made(stand_in,
                 sound ? moved : failure(ErrorCode::Corrupt, fmt::format("a block of image '{}' is damaged", image)));
        });
    if (!begun) return reply(failure(begun.error()));
    placeStandIn(name, definition, StandInState::Making);
    world_.writes.copied(image, name.text());
    VirtualMachine& machine = stand_ins_.at(name.text());
    machine.stand_in.port = {};  // until it was started once
    reply(machine.stand_in);
}

void VmHost::made(const std::string& name, const Result<void>& fetched) {
    auto* machine = find(name);
    if (machine == nullptr || machine->stand_in.state != StandInState::Making) return;
    machine->stand_in.problem = fetched ? "" : fetched.error().message;
    change(*machine, fetched ? StandInState::Stopped : StandInState::Failed);
}

void VmHost::change(VirtualMachine& machine, StandInState state) {
    if (machine.stand_in.state == state) return;
    world_.log.line("stand-in {}: {} -> {}", machine.stand_in.name.text(), protocol::nameOf(machine.stand_in.state),
                    protocol::nameOf(state));
    const bool frozen = machine.stand_in.state == StandInState::Running && state == StandInState::Suspended;
    const bool goes_on = machine.stand_in.state == StandInState::Suspended && state == StandInState::Running;
    machine.stand_in.state = state;
    // Requests in memory continue after a suspension.
    if (!frozen && !goes_on) ++machine.power_cycle;
    if (goes_on && machine.unanswered + machine.idle == 0) machine.seen_from = {};
}

void VmHost::setState(const base::StandInName& name, StandInState state, const Reply<StandIn>& reply) {
    auto* machine = find(name.text());
    if (machine == nullptr)
        return reply(failure(ErrorCode::NotFound, fmt::format("there is no stand-in '{}'", name.text())));
    const StandInState before = machine->stand_in.state;
    if (before == state) {
        world_.invariants.tellsStandIn(machine->stand_in);
        return reply(machine->stand_in);
    }
    if (before == StandInState::Making || before == StandInState::Failed)
        return reply(failure(ErrorCode::WrongState, fmt::format("stand-in '{}' is not made", name.text())));
    if (before == StandInState::Kept)
        return reply(failure(ErrorCode::WrongState, fmt::format("only the disk of '{}' is kept", name.text())));
    if (state == StandInState::Stopped || state == StandInState::Kept) return stop(name, state, reply);
    if (before == StandInState::Halted)
        return reply(failure(ErrorCode::WrongState, fmt::format("stand-in '{}' did not become {}: {}", name.text(),
                                                                protocol::nameOf(state), machine->stand_in.problem)));
    if (state == StandInState::Suspended && before != StandInState::Running)
        return reply(failure(ErrorCode::WrongState, "it is stopped, so there is nothing to suspend; start it first"));
    if (machine->will_not_resume && before == StandInState::Suspended) {
        return reply(
            failure(ErrorCode::Internal, fmt::format("stand-in '{}' did not become running: libvirt reads back "
                                                     "suspended; see QEMU's log",
                                                     name.text())));
    }
    const auto takes = world_.config.timings.resume;
    const unsigned cycle = machine->power_cycle;
    world_.queue.after(takes, [this, name, state, before, cycle, reply] {
        auto* still = find(name.text());
        if (!lives_ || still == nullptr || still->power_cycle != cycle || still->stand_in.state != before)
            return reply(failure(ErrorCode::Internal, fmt::format("stand-in '{}' is gone", name.text())));
        change(*still, state);
        using Clock = protocol::GuestClock::State;
        auto& clock = still->stand_in.clock.state;  // one that a test has staged as not set stays so
        if (state != StandInState::Running || clock == Clock::Unknown)
            clock = state == StandInState::Running ? Clock::Set : Clock::Unknown;
        still->stand_in.port = base::PortName("t-" + name.text());
        still->answers_from = world_.now();
        if (before == StandInState::Stopped) still->answers_from += world_.config.timings.stand_in_boot;
        if (still->halts && state == StandInState::Running) haltSoon(name);
        world_.invariants.tellsStandIn(still->stand_in);
        reply(still->stand_in);
    });
}

void VmHost::haltSoon(const base::StandInName& name) {
    constexpr VirtualTime moment = std::chrono::milliseconds(2);  // before its job can answer
    VirtualMachine& machine = stand_ins_.at(name.text());
    machine.answers_from = std::max(machine.answers_from, world_.now() + 2 * moment);
    const unsigned cycle = machine.power_cycle;
    world_.queue.after(moment, [this, name, cycle] {
        auto* still = find(name.text());
        if (lives_ && still != nullptr && still->power_cycle == cycle) halt(*still);
    });
}

void VmHost::halt(VirtualMachine& machine) {
    machine.stand_in.problem = "its guest has stopped: QEMU has stopped it (internal-error)";
    change(machine, StandInState::Halted);
    world_.invariants.tellsStandIn(machine.stand_in);
}

void VmHost::stop(const base::StandInName& name, StandInState to, const Reply<StandIn>& reply) {
    auto& machine = stand_ins_.at(name.text());
    // A suspended one can't end by itself, and must not execute again for that.
    const bool at_once = machine.stand_in.state != StandInState::Running;
    const unsigned cycle = machine.power_cycle;
    world_.queue.after(at_once ? VirtualTime(0) : world_.config.timings.stop, [this, name, to, cycle, reply] {
        auto* still = find(name.text());
        if (!lives_ || still == nullptr)
            return reply(failure(ErrorCode::Internal, fmt::format("stand-in '{}' is gone", name.text())));
        if (still->power_cycle == cycle) change(*still, to);
        still->stand_in.problem.clear();
        world_.invariants.tellsStandIn(still->stand_in);
        reply(still->stand_in);
    });
}

Result<StandIn> VmHost::setResources(const base::StandInName& name, const protocol::StandInResources& resources) {
    auto* machine = find(name.text());
    if (machine == nullptr) return failure(ErrorCode::NotFound, fmt::format("there is no stand-in '{}'", name.text()));
    machine->stand_in.resources = resources;
    return machine->stand_in;
}

Result<void> VmHost::remove(const base::StandInName& name) {
    auto* machine = find(name.text());
    if (machine == nullptr) return {};
    world_.invariants.removesStandIn(name.text());
    if (machine->stand_in.state == StandInState::Making)
        storeOf(machine->stand_in.definition).transfers.cancel("make " + name.text());
    world_.log.line("stand-in {} is deleted", name.text());
    world_.writes.erased(name.text());
    stand_ins_.erase(name.text());
    return {};
}

Result<protocol::StandInRequests> VmHost::requests(const base::StandInName& name) const {
    const auto found = stand_ins_.find(name.text());
    if (found == stand_ins_.end())
        return failure(ErrorCode::NotFound, fmt::format("there is no stand-in '{}'", name.text()));
    const VirtualMachine& machine = found->second;
    if (machine.stand_in.state == StandInState::Halted)
        return failure(ErrorCode::WrongState, fmt::format("stand-in '{}' answers no request any more: {}", name.text(),
                                                          machine.stand_in.problem));
    world_.invariants.tellsRequests(name.text(), machine.unanswered - machine.just_answered);
    const bool seen = world_.now() >= machine.seen_from;
    const unsigned unanswered = machine.unanswered - machine.unseen;
    return protocol::StandInRequests{unanswered + (seen ? machine.idle : 0), unanswered, machine.just_answered, seen};
}

protocol::Capacity VmHost::capacity() const {
    protocol::Capacity now;
    now.memory_mib = world_.config.timings.host_memory_mib;
    now.disk_free_mib = world_.config.timings.host_disk_mib;
    now.cpus = 64;
    for (const auto& [name, machine] : stand_ins_) {
        if (machine.stand_in.state == StandInState::Kept) {
            ++now.kept_disks;
            continue;
        }
        ++now.stand_ins;
        now.memory_committed_mib += machine.stand_in.definition.memory_mib;
        now.vcpus_committed += machine.stand_in.definition.vcpus;
    }
    now.memory_overhead_mib = world_.config.timings.host_overhead_mib;
    now.acceleration = "simulated";
    return now;
}

void VmHost::restarted() {
    for (auto& [name, machine] : stand_ins_) {
        if (machine.stand_in.state != StandInState::Running) continue;
        machine.seen_from = world_.now() + protocol::unseen_for;
        machine.unseen = machine.unanswered;
    }
}

void VmHost::die() {
    world_.log.line("VM host {} dies with its {} stand-ins", name_, stand_ins_.size());
    lives_ = false;
    world_.network.agent(name_).up = false;
    for (auto& [name, machine] : stand_ins_) {
        machine.unanswered = machine.idle = machine.unseen = 0;
        if (machine.stand_in.state == StandInState::Making) made(name, failure(ErrorCode::Internal, "interrupted"));
        if (machine.stand_in.state != StandInState::Failed && machine.stand_in.state != StandInState::Kept)
            change(machine, StandInState::Stopped);
    }
}

void VmHost::comeBack() {
    world_.log.line("VM host {} is back", name_);
    lives_ = true;
    world_.network.restart(name_, VirtualTime(0));
}

}  // namespace standin::simulation
