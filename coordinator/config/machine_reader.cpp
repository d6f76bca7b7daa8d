#include "coordinator/config/machine_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/config/job_reader.hpp"
#include "coordinator/domain/machine_uuid.hpp"

namespace standin::config {

using base::AgentName;
using base::DiskName;
using base::PortName;
using base::SegmentId;
using base::ServerName;
using base::SpareName;
using base::YamlReader;

MachineReader::MachineReader(const std::vector<AgentSettings>& agents, const Surroundings& surroundings,
                             const std::string& rules_file)
    : surroundings_(surroundings) {
    if (surroundings.rule_lookups && !rules_file.empty()) lookups_ = surroundings.rule_lookups(rules_file);
    for (const auto& agent : agents) agents_.insert(agent.name);
}

AgentName MachineReader::agent(YamlReader& reader, const std::string& key) {
    auto name = readName<AgentName>(reader, key);
    if (!name.empty() && agents_.count(name) == 0) {
        reader.problem(key, fmt::format("there is no agent '{}' under 'agents'", name.text()));
    }
    return name;
}

void MachineReader::claimPort(YamlReader& reader, const std::string& key, const AgentName& lan_switch,
                              const PortName& port) {
    // Two switches may well have a port of the same name.
    if (!port.empty()) ports_.claim(reader, key, lan_switch.text() + "/" + port.text());
}

drivers::PowerDevice MachineReader::device(YamlReader& reader, std::size_t rung) {
    drivers::PowerDevice device;
    device.agent = reader.text("agent");
    for (const auto& [key, value] : reader.scalars("options")) {
        // Everybody who may read the configuration sees these options.
        if (key == "password" || key == "passwd") {
            reader.problem("options",
                           fmt::format("'{}' is a secret: put it into a file and name that as 'password_file'", key));
        } else if (isSecretOption(key)) {
            reader.problem("options",
                           fmt::format("'{}' is a secret: put it into a file and name that as 'secret_files: {{{}: "
                                       "/path/to/file}}'",
                                       key, key));
        } else {
            device.options.emplace(key, value);
        }
    }
    device.password_file = readOptionalAbsolutePath(reader, "password_file");
    for (const auto& [key, path] : reader.scalars("secret_files")) {
        if (path.empty() || path.front() != '/')
            reader.problem("secret_files", fmt::format("'{}' is not an absolute path", path));
        if (key == "password" || key == "passwd")
            reader.problem("secret_files", fmt::format("name the file of '{}' as 'password_file'", key));
        if (device.options.count(key) > 0)
            reader.problem("secret_files", fmt::format("'{}' is given among the options, too", key));
        device.secret_files.emplace(key, path);
    }
    reader.finish();
    outlets_.claim(reader, device, rung);
    auto problem = device.agent.empty() ? std::string() : surroundings_.fence_problem(device);
    if (!problem.empty()) reader.problem("agent", problem);
    return device;
}

DiskName MachineReader::disk(YamlReader& reader, const AgentName& image_store) {
    auto disk = readName<DiskName>(reader, "disk");
    if (!disk.empty()) disks_.claim(reader, "disk", image_store.text() + "/" + disk.text());
    return disk;
}

std::string MachineReader::uuid(YamlReader& reader) {
    const auto text = reader.text("uuid", "");
    if (text.empty()) return {};
    const auto uuid = domain::canonicalUuid(text);
    const char* cure = "give what 'dmidecode -s system-uuid' prints on that machine, or leave it out";
    if (uuid.empty()) {
        reader.problem("uuid", fmt::format("'{}' is not a UUID, as in '4c4c4544-0031-3010-8056-b4c04f4d3232': {}",
                                           base::shortened(text, 80), cure));
    } else if (domain::isUnsetUuid(uuid)) {
        reader.problem("uuid",
                       fmt::format("'{}' is what a machine without a UUID has, so it names none: {}", text, cure));
    } else {
        uuids_.claim(reader, "uuid", uuid);
    }
    return uuid;
}

domain::HolderPorts MachineReader::holderPorts(YamlReader reader, const AgentName& lan_switch) {
    domain::HolderPorts ports;
    ports.front = readName<PortName>(reader, "front");
    claimPort(reader, "front", lan_switch, ports.front);
    ports.back = readName<PortName>(reader, "back");
    claimPort(reader, "back", lan_switch, ports.back);
    ports.front_mac = readMac(reader, "front_mac");
    macs_.claim(reader, "front_mac", ports.front_mac);
    reader.finish();
    return ports;
}

void MachineReader::network(domain::Server& server, YamlReader& reader) {
    server.segment = readName<SegmentId>(reader, "segment");
    segments_.claim(reader, "segment", server.segment.text());
    server.vlan = static_cast<std::uint16_t>(reader.integer("vlan", 1, 4094));
    vlans_.claim(reader, "vlan", std::to_string(server.vlan));
    server.address = readIpv4(reader, "address");
    addresses_.claim(reader, "address", server.address);
    server.mac = readMac(reader, "mac");
    macs_.claim(reader, "mac", server.mac);
    server.port = readName<PortName>(reader, "port");
    claimPort(reader, "port", server.switch_agent, server.port);
    server.holder_ports = holderPorts(reader.map("holder_ports"), server.switch_agent);
}

/// A server of which no trap can speak is not protected, however well the rest is set up.
void MachineReader::trapNames(ServerSettings& settings, YamlReader& reader) {
    auto& server = settings.server;
    for (const auto& source : reader.texts("trap_sources")) {
        const auto address = canonicalAddress(source);
        if (address.empty()) reader.problem("trap_sources", fmt::format("'{}' is not an IP address", source));
        trap_sources_.claim(reader, "trap_sources", address);
        server.trap_sources.push_back(address.empty() ? source : address);
    }
    settings.trap_identities = reader.texts("trap_identities");
    for (const auto& identity : settings.trap_identities) {
        // As classify() compares them: a UUID with or without dashes, octets with or without 0x.
        std::string plain;
        for (const char c : std::string_view(identity).substr(identity.starts_with("0x") ? 2 : 0)) {
            if (c != '-' && c != ' ') plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
        if (plain.empty()) reader.problem("trap_identities", fmt::format("'{}' names no machine", identity));
        trap_identities_.claim(reader, "trap_identities", plain);
    }
    const bool by_address = !server.trap_sources.empty() && lookups_.by_address;
    const bool by_identity = !settings.trap_identities.empty() && lookups_.by_identity;
    if (by_address || by_identity) return;
    if (server.trap_sources.empty() && settings.trap_identities.empty()) {
        reader.problem("trap_sources",
                       "no trap can name this server, so no failure of it would start anything: list the addresses of "
                       "its BMC or chassis, or its serial number or UUID as 'trap_identities'");
    } else if (server.trap_sources.empty()) {
        reader.problem("trap_identities",
                       "no rule for failures looks for a server's identity in a varbind, so no trap can name this "
                       "server: list the addresses of its BMC as 'trap_sources'");
    } else {
        reader.problem("trap_sources",
                       "every rule for failures looks for a server's identity in a varbind, so no trap can name this "
                       "server: list its serial number or UUID as 'trap_identities'");
    }
}

drivers::PowerLadder MachineReader::ladder(YamlReader& reader, const std::string& why_needed) {
    drivers::PowerLadder ladder;
    for (auto& rung : reader.list("ladder")) {
        std::vector<drivers::PowerDevice> devices;
        if (rung.has("together")) {
            for (auto& one : rung.list("together")) devices.push_back(device(one, ladder.rungs.size()));
            rung.finish();
        } else {
            devices.push_back(device(rung, ladder.rungs.size()));
        }
        ladder.rungs.push_back(std::move(devices));
    }
    if (ladder.rungs.empty()) reader.problem("ladder", "must name at least one device: " + why_needed);
    return ladder;
}

ServerSettings MachineReader::server(const std::string& name, YamlReader reader) {
    domain::Server server;
    server.name = checkedName<ServerName>(reader, "", name);
    names_.claim(reader, "", name);
    server.uuid = uuid(reader);
    server.vm_host = agent(reader, "vm_host");
    server.image_store = agent(reader, "image_store");
    server.switch_agent = agent(reader, "switch");
    server.request_holder = agent(reader, "request_holder");
    network(server, reader);
    readJob(server, reader.map("job"));
    server.disk = disk(reader, server.image_store);
    auto fence = reader.map("fence");
    outlets_.begin(fmt::format("server '{}'", name));
    auto policy = fence.choice("policy", {"port", "power"}, "port");
    server.fence_policy = policy == "power" ? domain::FencePolicy::Power : domain::FencePolicy::Port;
    auto power = ladder(fence, "a spare takes over only from a server that is known to be off");
    server.fence_within = readWait(fence, "within", server.fence_within);
    if (server.job_data == domain::JobData::Shared && server.fence_policy != domain::FencePolicy::Power) {
        fence.problem("policy",
                      "must be 'power' where the job's data are shared: a server that is only cut off from the LAN "
                      "still writes to the storage");
    }
    fence.finish();
    if (auto evidence = reader.optionalMap("evidence")) readEvidence(server.evidence, std::move(*evidence));
    server.fence_always = reader.boolean("fence_always", server.fence_always);
    server.shutdown_within = readWait(reader, "shutdown_within", server.shutdown_within);
    server.boot_within = readWait(reader, "boot_within", server.boot_within);
    if (const auto command = readOptionalAbsolutePath(reader, "shutdown_command"); !command.empty()) {
        if (command.front() == '/' && !surroundings_.program_exists(command))
            reader.problem("shutdown_command", fmt::format("there is no program '{}' on this host", command));
        power.shutdown_command = {command, server.name.text()};
    }
    server.image_age_limit = readAge(reader, "image_age_limit", server.image_age_limit);
    server.rack = reader.text("rack", "");
    server.priority = static_cast<int>(reader.integer("priority", 0, 1000, 0));
    server.stand_in = readStandInSize(reader.map("stand_in"));
    ServerSettings settings{std::move(server), std::move(power), {}, {}};
    trapNames(settings, reader);
    settings.trap_test_command = readOptionalAbsolutePath(reader, "trap_test_command");
    if (settings.trap_test_command.starts_with('/') && !surroundings_.program_exists(settings.trap_test_command)) {
        reader.problem("trap_test_command",
                       fmt::format("there is no program '{}' on this host", settings.trap_test_command));
    }
    reader.finish();
    return settings;
}

SpareSettings MachineReader::spare(const std::string& name, YamlReader reader) {
    domain::Spare spare;
    spare.name = checkedName<SpareName>(reader, "", name);
    names_.claim(reader, "", name);
    spare.uuid = uuid(reader);
    spare.uuid_required = reader.boolean("uuid_required", spare.uuid_required);
    if (spare.uuid_required && !reader.has("uuid"))
        reader.problem("uuid_required", "needs 'uuid': what 'dmidecode -s system-uuid' prints on the spare");
    spare.image_store = agent(reader, "image_store");
    spare.switch_agent = agent(reader, "switch");
    spare.disk = disk(reader, spare.image_store);
    spare.disk_serial = reader.text("disk_serial", "");
    serials_.claim(reader, "disk_serial", spare.disk_serial);
    spare.disk_wwn = reader.text("disk_wwn", "");
    serials_.claim(reader, "disk_wwn", spare.disk_wwn);
    spare.port = readName<PortName>(reader, "port");
    claimPort(reader, "port", spare.switch_agent, spare.port);
    spare.mac = readMac(reader, "mac");
    macs_.claim(reader, "mac", spare.mac);
    auto power_keys = reader.map("power");
    outlets_.begin(fmt::format("spare '{}'", name));
    auto power = ladder(power_keys, "a spare is switched on and off by the coordinator");
    spare.power_within = readWait(power_keys, "within", spare.power_within);
    power_keys.finish();
    spare.boot_within = readWait(reader, "boot_within", spare.boot_within);
    if (reader.has("vm_host")) {
        spare.vm_host = agent(reader, "vm_host");
    } else {
        reader.text("vm_host", "");  // an explicit null is known, too
    }
    reader.finish();
    return SpareSettings{std::move(spare), std::move(power)};
}

}  // namespace standin::config
