#include "coordinator/simulation/world_config.hpp"

#include <fmt/format.h>

namespace standin::simulation {

namespace {

drivers::PowerLadder ladderOf(const std::string& machine) {
    return {{{drivers::PowerDevice{"simulated", {{"machine", machine}}, {}}}}};
}

domain::Server serverOf(int number, const Layout& layout) {
    domain::Server server;
    server.name = base::ServerName(numbered("server", number));
    server.segment = base::SegmentId(numbered("job", number));
    server.vlan = static_cast<std::uint16_t>(100 + number % 3900);
    server.address = fmt::format("10.77.{}.{}", number / 250, 1 + number % 250);
    server.mac = fmt::format("52:54:00:77:{:02x}:{:02x}", number / 256, number % 256);
    server.port = base::PortName("p-" + server.name.text());
    server.disk = base::DiskName(server.name.text());
    server.job_ports = {8080};
    server.vm_host = base::AgentName(fmt::format("vmhost{}", 1 + (number - 1) % layout.vm_hosts));
    server.image_store = base::AgentName("store1");
    server.switch_agent = base::AgentName("switch1");
    server.request_holder = base::AgentName("holder1");
    server.holder_ports = {base::PortName("hf-" + server.name.text()), base::PortName("hb-" + server.name.text()),
                           "52:54:00:77:01:f0"};
    server.fence_policy = layout.policy;
    server.evidence.policy = layout.evidence;
    server.shutdown_within = 20s;
    server.boot_within = 10s;
    server.rack = fmt::format("{}", 1 + (number - 1) / 2);
    server.job_data = layout.data;
    server.trap_sources = {fmt::format("10.78.{}.{}", number / 250, 1 + number % 250)};
    return server;
}

/// `00000000-0000-4000-8000-5a0000000007`
std::string uuidOf(int kind, int number) {
    return fmt::format("00000000-0000-4000-8000-{:02x}{:010x}", kind, number);
}

domain::Spare spareOf(int number) {
    domain::Spare spare;
    spare.name = base::SpareName(numbered("spare", number));
    spare.port = base::PortName("p-" + spare.name.text());
    spare.mac = fmt::format("52:54:00:78:{:02x}:{:02x}", number / 256, number % 256);
    spare.disk = base::DiskName(spare.name.text());
    spare.disk_serial = "disk of " + spare.name.text();
    spare.image_store = base::AgentName("store1");
    spare.switch_agent = base::AgentName("switch1");
    return spare;
}

void protect(WorldConfig& config, const domain::Server& server, const base::SpareName& spare,
             domain::OperationId made_by) {
    domain::SpareTableRow row;
    row.server = server.name;
    row.spare = spare;
    row.image = base::ImageId(server.name.text() + "-1");
    row.stand_in = base::StandInName(fmt::format("{}-{}", server.name.text(), made_by));
    row.stand_in_port = base::PortName("t-" + row.stand_in.text());
    row.standin_ready = true;
    row.image_at = row.stand_in_image_at = first_moment - age_of_images;
    config.contents.leases.push_back(
        {spare, server.name, 0, fmt::format("set as spare of server '{}'", server.name.text())});
    config.contents.rows.push_back(std::move(row));
    config.contents.last_operation = made_by;
}

}  // namespace

std::string numbered(const char* noun, int number) {
    return fmt::format("{}{:02}", noun, number);
}

WorldConfig layOut(const Layout& layout) {
    WorldConfig config;
    auto& inventory = config.inventory;
    constexpr std::size_t out_of_the_way = 1'000'000;
    inventory.brake.failovers = layout.brake == 0 ? out_of_the_way : layout.brake;
    for (int i = 1; i <= layout.spares; ++i) {
        domain::Spare spare = spareOf(i);
        if (layout.uuids) spare.uuid = uuidOf(2, i);
        if (layout.lent && i == 1) spare.vm_host = base::AgentName(fmt::format("vmhost{}", layout.vm_hosts));
        inventory.spare_power[spare.name] = ladderOf(spare.name.text());
        inventory.spares[spare.name] = std::move(spare);
    }
    for (int i = 1; i <= layout.servers; ++i) {
        domain::Server server = serverOf(i, layout);
        if (layout.uuids) server.uuid = uuidOf(1, i);
        inventory.server_power[server.name] = ladderOf(server.name.text());
        inventory.agent_urls[server.vm_host] = "https://" + server.vm_host.text() + ":8441";
        if (layout.is_protected && i <= layout.spares)
            protect(config, server, base::SpareName(numbered("spare", i)), static_cast<domain::OperationId>(i));
        inventory.servers[server.name] = std::move(server);
    }
    for (const char* agent : {"store1", "switch1", "holder1"})
        inventory.agent_urls[base::AgentName(agent)] = std::string("https://") + agent + ":8441";
    return config;
}

}  // namespace standin::simulation
