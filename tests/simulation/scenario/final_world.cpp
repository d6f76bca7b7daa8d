#include "tests/simulation/scenario/final_world.hpp"

#include <fmt/format.h>

namespace standin::simulation {

namespace {

std::string orNobody(const std::string& name) {
    return name.empty() ? "nobody" : name;
}

}  // namespace

std::vector<std::string> finalWorld(Simulation& simulation) {
    World& world = simulation.world;
    std::vector<std::string> lines;
    for (const auto& [name, server] : simulation.config.inventory.servers) {
        lines.push_back(fmt::format("segment {} belongs to {}", server.segment.text(),
                                    orNobody(world.switchOf(server).owner(server.segment.text()))));
        const auto on = world.disk.placements.find(name);
        if (on != world.disk.placements.end())
            lines.push_back(
                fmt::format("the job of {} is executed by: {}", name.text(), domain::nameOf(on->second.on)));
    }
    for (const auto& [name, machine] : world.machines) {
        lines.push_back(fmt::format("{} is {}{}, disk '{}'{}", name, machine.on ? "on" : "off",
                                    machine.broken ? ", broken" : "", machine.disk,
                                    machine.disk_whole ? "" : " in part"));
    }
    for (const auto& [host_name, host] : world.vm_hosts) {
        for (const auto& [name, machine] : host.standIns())
            lines.push_back(
                fmt::format("stand-in {} on {} is {}", name, host_name, protocol::nameOf(machine.stand_in.state)));
    }
    for (const auto& [server, row] : world.disk.rows) {
        lines.push_back(fmt::format("row {}: spare {}, stand-in {}, standin_ready={}, stale={}", server.text(),
                                    row.spare.text(), orNobody(row.stand_in.text()), row.standin_ready, row.stale));
    }
    for (const auto& [spare, lease] : world.disk.leases)
        lines.push_back(fmt::format(
            "spare {} is leased to {} {}", spare.text(), lease.server.text(),
            lease.failover == 0 ? std::string("as its row says") : fmt::format("by failover {}", lease.failover)));
    for (const auto& [id, operation] : world.disk.operations) {
        lines.push_back(fmt::format("{} {} of {} is {}", domain::nameOf(operation->kind), id, operation->server.text(),
                                    domain::nameOf(operation->state)));
    }
    return lines;
}

std::vector<std::string> requestsAtEnd(Simulation& simulation) {
    std::vector<std::string> lines;
    for (const auto& [name, server] : simulation.config.inventory.servers) {
        const auto& ledger = simulation.world.clients.ledger(server.segment.text());
        unsigned answered = 0;
        unsigned held = 0;
        std::string last = "nobody";
        for (const auto& request : ledger) {
            if (request->by_holder) ++held;
            if (request->fate != JobRequest::Fate::Answered) continue;
            ++answered;
            last = request->executed_by;
        }
        lines.push_back(fmt::format("{}: {} of {} requests answered, {} were held, the last by {}",
                                    server.segment.text(), answered, ledger.size(), held, last));
    }
    return lines;
}

}  // namespace standin::simulation
