#include "coordinator/simulation/world/world.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/segment_members.hpp"

namespace standin::simulation {

World::World(const WorldConfig& given, bool log_on)
    : config(given), log(queue, log_on), network(queue, log, script_marks, given.seed) {
    disk.take(config.contents);
    for (const auto& [name, server] : config.inventory.servers) {
        servers_[server.segment.text()] = &server;
        vm_hosts.try_emplace(server.vm_host.text(), *this, server.vm_host.text());
        switches.try_emplace(server.switch_agent.text(), *this);
        stores.try_emplace(server.image_store.text(), *this);
        if (!server.request_holder.empty()) holders.try_emplace(server.request_holder.text(), *this);
    }
    for (auto& [name, store] : stores) network.agent(name).restarted = [its = &store] { its->interrupt(); };
    for (auto& [name, host] : vm_hosts) network.agent(name).restarted = [its = &host] { its->restarted(); };
    for (auto& [name, holder] : holders) network.agent(name).restarted = [its = &holder] { its->restarted(); };
    network.commanded = [this](const protocol::CommandStamp& stamp) { invariants.commanded(stamp); };
    addMachines();
    addStandIns();
}

void World::addMachines() {
    auto addMachine = [this](const std::string& name, const std::string& uuid, const base::PortName& port,
                             const base::DiskName& disk_name) -> Machine& {
        Machine& machine = machines[name];
        machine.name = name;
        machine.port = port;
        machine.boot_takes = config.timings.boot;
        machine.on_since = -machine.boot_takes;
        bmcs[name].uuid = bmcs[name].declared_uuid = uuid;
        machine_of_disk_[disk_name.text()] = name;
        machine_at_port_[port.text()] = name;
        return machine;
    };
    for (const auto& [name, server] : config.inventory.servers) {
        Machine& machine = addMachine(name.text(), server.uuid, server.port, server.disk);
        machine.disk = name.text() + "-1";
        protocol::Image image;
        image.id = base::ImageId(machine.disk);
        image.disk = server.disk;
        image.state = protocol::ImageState::Ready;
        image.size_bytes = image.stored_bytes = config.timings.image_mib << 20;
        image.checksum = "content of " + name.text();
        image.created_at = base::rfc3339(first_moment - age_of_images);
        writes.belongs(name.text(), name.text());
        writes.belongs(machine.disk, name.text());
        stores.at(server.image_store.text()).images[machine.disk] = std::move(image);
    }
    for (const auto& [name, spare] : config.inventory.spares) {
        Machine& machine = addMachine(name.text(), spare.uuid, spare.port, spare.disk);
        machine.is_spare = true;
        machine.disk_mib = config.timings.image_mib;
        machine.disk_serial = machine.declared_serial = spare.disk_serial;
        machine.disk = left_over;
        stores.try_emplace(spare.image_store.text(), *this);
        if (!spare.vm_host.empty()) vm_hosts.try_emplace(spare.vm_host.text(), *this, spare.vm_host.text());
    }
}

void World::addStandIns() {
    std::map<std::string, const domain::SpareTableRow*> rows;
    for (const auto& row : config.contents.rows) {
        const auto& server = config.inventory.servers.at(row.server);
        rows[row.server.text()] = &row;
        if (row.stand_in.empty()) continue;
        protocol::StandInDefinition definition;
        definition.server = row.server;
        definition.image = row.image;
        definition.memory_mib = server.stand_in.memory_mib;
        definition.vcpus = server.stand_in.vcpus;
        definition.weight = server.stand_in.weight;
        definition.mac = server.mac;
        const auto placement = config.contents.placements.find(row.server);
        const bool runs =
            placement != config.contents.placements.end() && placement->second.on == domain::Placement::On::StandIn;
        VmHost& host = vm_hosts.at(server.vm_host.text());
        host.placeStandIn(row.stand_in, definition,
                          runs ? protocol::StandInState::Running : protocol::StandInState::Suspended);
        host_of_stand_in_[row.stand_in.text()] = &host;
        writes.belongs(row.stand_in.text(), row.server.text());
    }
    for (const auto& [name, server] : config.inventory.servers) {
        const auto row = rows.find(name.text());
        addSegment(server, row == rows.end() ? nullptr : row->second);
    }
}

/// As the last operation left it: with a stand-in the segment was ordered once, and belongs to the executor of the job.
void World::addSegment(const domain::Server& server, const domain::SpareTableRow* row) {
    using On = domain::Placement::On;
    const auto found = config.contents.placements.find(server.name);
    const auto placement = found == config.contents.placements.end() ? domain::Placement{} : found->second;
    if ((row == nullptr || row->stand_in_port.empty()) && placement.on == On::Server) return;
    protocol::SegmentOrder order;
    order.vlan = server.vlan;
    order.address = server.address;
    order.members.push_back({base::MemberName("server"), server.port, server.mac});
    if (row != nullptr && !row->stand_in_port.empty())
        order.members.push_back({base::MemberName("stand-in"), row->stand_in_port, server.mac});
    if (const auto spare = config.inventory.spares.find(placement.spare); spare != config.inventory.spares.end()) {
        order.members.push_back({base::MemberName("spare"), spare->second.port, spare->second.mac});
        Machine& machine = machines.at(placement.spare.text());
        machine.disk = row != nullptr ? row->image.text() : "restored before";
    }
    if (!server.holder_ports.front.empty())
        order.members.push_back({base::MemberName("holder"), server.holder_ports.front, server.holder_ports.front_mac});
    order.back_leg_port = server.holder_ports.back;
    if (placement.on == On::Server) order.owner = base::MemberName("server");
    if (placement.on == On::StandIn) order.owner = base::MemberName("stand-in");
    if (placement.on == On::Spare) order.owner = base::MemberName("spare");
    if (placement.on == On::Server && row != nullptr && !order.back_leg_port.empty())
        order.back_leg_to = base::MemberName("server");
    if (placement.on != On::Server) machines.at(server.name.text()).on = false;
    switchOf(server).placeSegment(server.segment, std::move(order));
}

const JournalDisk& World::diskOf(const std::string& instance) const {
    if (backup.instances.count(instance) > 0) return backup;
    const auto old = std::find_if(moved_away.begin(), moved_away.end(),
                                  [&](const JournalDisk& its) { return its.instances.count(instance) > 0; });
    return old == moved_away.end() ? disk : *old;
}

VirtualMachine* World::standIn(std::string_view name) {
    const auto known = host_of_stand_in_.find(name);
    if (known != host_of_stand_in_.end()) {
        if (auto* found = known->second->find(name)) return found;
    }
    for (auto& [host_name, host] : vm_hosts) {
        auto* found = host.find(name);
        if (found == nullptr) continue;
        host_of_stand_in_.insert_or_assign(std::string(name), &host);
        return found;
    }
    return nullptr;
}

const VirtualMachine* World::standInOf(const protocol::SegmentOrder& order) {
    const auto* member = order.member(domain::stand_in_member);
    return member == nullptr ? nullptr : standIn(at(member->port));
}

void World::lose(const std::string& stand_in) {
    log.line("stand-in {} is lost", stand_in);
    for (auto& [name, host] : vm_hosts) host.lose(stand_in);
    writes.erased(stand_in);
}

std::string_view World::at(const base::PortName& port) const {
    const auto machine = machine_at_port_.find(port.text());
    if (machine != machine_at_port_.end()) return machine->second;
    const std::string_view name = port.text();
    return name.starts_with("t-") ? name.substr(2) : std::string_view();  // VmHost names its ports so
}

std::string_view World::behind(const std::string& segment, const base::MemberName& member) {
    const domain::Server& server = serverOf(segment);
    const auto* order = switchOf(server).inForce(segment);
    if (order == nullptr) return member.text() == "server" ? std::string_view(server.name.text()) : std::string_view();
    return behind(*order, member);
}

std::string_view World::behind(const protocol::SegmentOrder& order, const base::MemberName& member) const {
    const auto* found = order.member(member);
    return found == nullptr ? std::string_view() : at(found->port);
}

bool World::answers(std::string_view executor) {
    if (const auto machine = machines.find(executor); machine != machines.end()) return machine->second.answers(now());
    const auto* stand_in = standIn(executor);
    return stand_in != nullptr && stand_in->answers(now());
}

Machine* World::machineWith(const base::DiskName& disk_name) {
    const auto found = machine_of_disk_.find(disk_name.text());
    return found == machine_of_disk_.end() ? nullptr : &machines.at(found->second);
}

void World::power(Machine& machine, bool on, SwitchedBy by) {
    if (machine.on == on) return;
    if (by == SwitchedBy::Coordinator) invariants.switchesPower(machine.name, on);
    machine.on = on;
    machine.on_since = now();
    if (!on) machine.job_hangs = false;
    machine.switched_by_hand = by == SwitchedBy::Hand;
    log.line("{} is {}{}", machine.name, on ? "on" : "off", by == SwitchedBy::Hand ? ", by hand" : "");
    Bmc& bmc = bmcs.at(machine.name);
    if (bmc.dies_with_machine) bmc.dead = !on;
    if (bmc.chatty && !machine.is_spare && !machine.broken) restarts(machine.name);
    if (VmHost* host = hostOn(machine.name); host != nullptr && host->lives() && !on) host->die();
}

VmHost* World::hostOn(const std::string& machine) {
    const auto spare = config.inventory.spares.find(base::SpareName(machine));
    if (spare == config.inventory.spares.end() || spare->second.vm_host.empty()) return nullptr;
    const auto host = vm_hosts.find(spare->second.vm_host.text());
    return host == vm_hosts.end() ? nullptr : &host->second;
}

void World::breakDown(Machine& machine, bool serves) {
    machine.broken = true;
    machine.silent_since = now();
    invariants.breaks(machine.name);
    machine.serves_broken = serves;
    log.line("{} has failed{}", machine.name, serves ? ", and goes on executing its job" : "");
    if (VmHost* host = hostOn(machine.name); host != nullptr && host->lives()) host->die();
    if (bmcs.at(machine.name).dies_with_machine) bmcs.at(machine.name).dead = true;
}

void World::hang(Machine& machine, bool hangs) {
    if (machine.job_hangs == hangs) return;
    machine.job_hangs = hangs;
    machine.silent_since = now();
    if (hangs) invariants.breaks(machine.name);
    if (!hangs && !machine.broken) invariants.isRepaired(machine.name);
    log.line("the job of {} {}", machine.name, hangs ? "hangs" : "goes on");
}

void World::repair(Machine& machine) {
    machine.broken = machine.serves_broken = machine.hung = false;
    invariants.isRepaired(machine.name);
    bmcs.at(machine.name) = {};
    log.line("{} is repaired", machine.name);
}

}  // namespace standin::simulation
