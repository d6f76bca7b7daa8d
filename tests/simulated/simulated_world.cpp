#include "tests/simulated/simulated_world.hpp"

#include <fmt/format.h>

namespace standin::simulated {

Fault SimulatedWorld::meet(const std::string& verb, const std::string& subject) {
    clock.pass(command_takes);
    ++counts_[verb];
    ++counts_[verb + " " + subject];
    for (const auto& name : {verb + " " + subject, verb}) {
        auto found = faults_.find(name);
        if (found == faults_.end() || found->second.second == 0) continue;
        if (found->second.second > 0) --found->second.second;
        return found->second.first;
    }
    return Fault::None;
}

void SimulatedWorld::fail(const std::string& verb, Fault fault, int times) {
    faults_[verb] = {fault, times};
}

int SimulatedWorld::count(const std::string& verb) const {
    auto found = counts_.find(verb);
    return found == counts_.end() ? 0 : found->second;
}

std::string numbered(const char* noun, int number) {
    return fmt::format("{}{:02}", noun, number);
}

engine::Inventory simulatedInventory(int servers, int spares, domain::FencePolicy policy) {
    engine::Inventory inventory;
    auto ladderOf = [](const std::string& machine) {
        return drivers::PowerLadder{{{drivers::PowerDevice{"simulated", {{"machine", machine}}, {}}}}};
    };
    for (int i = 1; i <= servers; ++i) {
        domain::Server server;
        server.name = base::ServerName(numbered("server", i));
        server.segment = base::SegmentId(numbered("job", i));
        server.vlan = static_cast<std::uint16_t>(100 + i);
        server.address = "10.77.1.10";
        server.mac = "52:54:00:77:01:0a";
        server.port = base::PortName("p-" + server.name.text());
        server.disk = base::DiskName(server.name.text());
        server.job_ports = {8080};
        server.vm_host = base::AgentName("vmhost1");
        server.image_store = base::AgentName("store1");
        server.switch_agent = base::AgentName("switch1");
        server.request_holder = base::AgentName("holder1");
        server.holder_ports = {base::PortName("hf-" + server.name.text()), base::PortName("hb-" + server.name.text()),
                               "52:54:00:77:01:f0"};
        server.fence_policy = policy;
        inventory.server_power[server.name] = ladderOf(server.name.text());
        inventory.servers[server.name] = server;
    }
    for (int i = 1; i <= spares; ++i) {
        domain::Spare spare;
        spare.name = base::SpareName(numbered("spare", i));
        spare.port = base::PortName("p-" + spare.name.text());
        spare.mac = "52:54:00:77:09:01";
        spare.disk = base::DiskName(spare.name.text());
        spare.image_store = base::AgentName("store1");
        spare.switch_agent = base::AgentName("switch1");
        inventory.spare_power[spare.name] = ladderOf(spare.name.text());
        inventory.spares[spare.name] = spare;
    }
    for (const char* agent : {"vmhost1", "store1", "switch1", "holder1"}) {
        inventory.agent_urls[base::AgentName(agent)] = std::string("https://") + agent + ":8441";
    }
    return inventory;
}

void rehearsalSetup(SimulatedWorld& world, const engine::Inventory& inventory) {
    world.capacity = {1u << 24, 0, 0, 1024, 0, 1u << 24, 0, "simulated"};
    for (const auto& [name, server] : inventory.servers) {
        world.machines[name.text()] = {true, name.text() + "-1", true};
        world.server_of_segment[server.segment.text()] = name.text();
        protocol::Image image;
        image.id = base::ImageId(name.text() + "-1");
        image.disk = server.disk;
        image.state = protocol::ImageState::Ready;
        image.size_bytes = image.stored_bytes = 1 << 20;
        image.checksum = "content of " + name.text();
        world.images[image.id.text()] = image;
    }
    for (const auto& [name, spare] : inventory.spares) {
        world.machines[name.text()] = {true, "left over", true};
        world.spare_of_disk[spare.disk.text()] = name.text();
    }
}

}  // namespace standin::simulated
