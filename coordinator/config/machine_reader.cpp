#include "coordinator/config/machine_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/units.hpp"

namespace standin::config {

using base::AgentName;
using base::DiskName;
using base::PortName;
using base::SegmentId;
using base::ServerName;
using base::SpareName;
using base::YamlReader;

namespace {

using std::chrono::milliseconds;

// A fence device answers within seconds or not at all; an hour means a slip of the pen.
constexpr milliseconds longest_wait = std::chrono::hours(1);

milliseconds readWait(YamlReader& reader, const std::string& key, milliseconds otherwise) {
    auto text = reader.text(key, "");
    if (text.empty()) return otherwise;
    auto wait = base::parseDuration(text);
    if (!wait) {
        reader.problem(key, wait.error().message);
    } else if (*wait <= milliseconds::zero() || *wait > longest_wait) {
        reader.problem(key, fmt::format("'{}' is not more than 0 and at most 1h", text));
    }
    return wait.value_or(otherwise);
}

protocol::Probe readProbe(YamlReader reader) {
    protocol::Probe probe;
    auto http = reader.optionalMap("http");
    auto tcp = reader.optionalMap("tcp");
    if (http.has_value() == tcp.has_value()) {
        reader.problem("", "must be either 'http' or 'tcp'");
    } else if (http) {
        probe.kind = protocol::Probe::Kind::Http;
        probe.port = readPort(*http, "port");
        probe.path = http->text("path", "/");
        if (!probe.path.starts_with('/')) http->problem("path", "must begin with '/'");
        probe.expect_status = static_cast<int>(http->integer("expect", 100, 599, 200));
        http->finish();
    } else {
        probe.port = readPort(*tcp, "port");
        tcp->finish();
    }
    reader.finish();
    return probe;
}

void readJob(domain::Server& server, YamlReader reader) {
    for (auto port : reader.integers("ports", 1, 65535)) server.job_ports.push_back(static_cast<std::uint16_t>(port));
    if (server.job_ports.empty()) reader.problem("ports", "must name at least one TCP port");
    server.probe = readProbe(reader.map("probe"));
    server.answer_within = readWait(reader, "answer_within", server.answer_within);
    server.clock_within = readWait(reader, "clock_within", server.clock_within);
    server.drain_within = readWait(reader, "drain_within", server.drain_within);
    reader.finish();
}

std::uint64_t checkedMebibytes(YamlReader& reader, const std::string& key, const std::string& text) {
    if (text.empty()) return 0;  // already reported as missing
    auto bytes = base::parseBytes(text);
    if (!bytes) {
        reader.problem(key, bytes.error().message);
    } else if (*bytes == 0 || *bytes % base::bytes_per_mib != 0) {
        reader.problem(key, fmt::format("'{}' is not a whole number of MiB and more than 0", text));
    }
    return bytes.value_or(0) / base::bytes_per_mib;
}

unsigned readCount(YamlReader& reader, const std::string& key, std::int64_t most, unsigned otherwise) {
    return static_cast<unsigned>(reader.integer(key, 1, most, otherwise));
}

domain::StandInSize readStandInSize(YamlReader reader) {
    domain::StandInSize size;
    auto memory = reader.text("memory");
    size.memory_mib = checkedMebibytes(reader, "memory", memory);
    size.maximum_memory_mib = checkedMebibytes(reader, "maximum_memory", reader.text("maximum_memory", memory));
    size.vcpus = readCount(reader, "vcpus", 512, 1);
    size.maximum_vcpus = readCount(reader, "maximum_vcpus", 512, size.vcpus);
    size.weight = readCount(reader, "weight", 10'000, size.weight);  // 10000: the largest cgroup CPU weight
    size.grown_weight = readCount(reader, "grown_weight", 10'000, std::max(size.weight, size.grown_weight));
    size.firmware = reader.text("firmware", size.firmware);
    if (size.firmware != "bios" && size.firmware != "uefi") reader.problem("firmware", "must be 'bios' or 'uefi'");
    if (size.maximum_memory_mib < size.memory_mib) reader.problem("maximum_memory", "must not be less than 'memory'");
    if (size.maximum_vcpus < size.vcpus) reader.problem("maximum_vcpus", "must not be less than 'vcpus'");
    if (size.grown_weight < size.weight) reader.problem("grown_weight", "must not be less than 'weight'");
    reader.finish();
    return size;
}

}  // namespace

MachineReader::MachineReader(const std::vector<AgentSettings>& agents, const Surroundings& surroundings)
    : surroundings_(surroundings) {
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

drivers::PowerDevice MachineReader::device(YamlReader& reader) {
    drivers::PowerDevice device;
    device.agent = reader.text("agent");
    for (const auto& [key, value] : reader.scalars("options")) {
        // What stands here is seen by everybody who may read the configuration.
        if (key.rfind("passw", 0) == 0) {
            reader.problem("options",
                           fmt::format("'{}' is a secret: put it into a file and name that as 'password_file'", key));
        } else {
            device.options.emplace(key, value);
        }
    }
    device.password_file = readOptionalAbsolutePath(reader, "password_file");
    reader.finish();
    auto problem = device.agent.empty() ? std::string() : surroundings_.fence_problem(device);
    if (!problem.empty()) reader.problem("agent", problem);
    return device;
}

DiskName MachineReader::disk(YamlReader& reader, const AgentName& image_store) {
    auto disk = readName<DiskName>(reader, "disk");
    if (!disk.empty()) disks_.claim(reader, "disk", image_store.text() + "/" + disk.text());
    return disk;
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
    server.trap_sources = reader.texts("trap_sources");
    for (const auto& source : server.trap_sources) {
        if (!isIpv4(source)) reader.problem("trap_sources", fmt::format("'{}' is not an IPv4 address", source));
        trap_sources_.claim(reader, "trap_sources", source);
    }
}

drivers::PowerLadder MachineReader::ladder(YamlReader& reader, const std::string& why_needed) {
    drivers::PowerLadder ladder;
    for (auto& rung : reader.list("ladder")) {
        std::vector<drivers::PowerDevice> devices;
        if (rung.has("together")) {
            for (auto& one : rung.list("together")) devices.push_back(device(one));
            rung.finish();
        } else {
            devices.push_back(device(rung));
        }
        ladder.rungs.push_back(std::move(devices));
    }
    if (ladder.rungs.empty()) reader.problem("ladder", "must name at least one device: " + why_needed);
    return ladder;
}

ServerSettings MachineReader::server(const std::string& name, YamlReader reader) {
    domain::Server server;
    server.name = checkedName<ServerName>(reader, "", name);
    server.vm_host = agent(reader, "vm_host");
    server.image_store = agent(reader, "image_store");
    server.switch_agent = agent(reader, "switch");
    server.request_holder = agent(reader, "request_holder");
    network(server, reader);
    readJob(server, reader.map("job"));
    server.disk = disk(reader, server.image_store);
    auto fence = reader.map("fence");
    auto policy = fence.choice("policy", {"port", "power"}, "port");
    server.fence_policy = policy == "power" ? domain::FencePolicy::Power : domain::FencePolicy::Port;
    auto power = ladder(fence, "a spare takes over only from a server that is known to be off");
    server.fence_within = readWait(fence, "within", server.fence_within);
    fence.finish();
    auto trap_identities = reader.texts("trap_identities");
    for (const auto& identity : trap_identities) trap_identities_.claim(reader, "trap_identities", identity);
    server.rack = reader.text("rack", "");
    server.priority = static_cast<int>(reader.integer("priority", 0, 1000, 0));
    server.stand_in = readStandInSize(reader.map("stand_in"));
    reader.finish();
    return ServerSettings{std::move(server), std::move(power), std::move(trap_identities)};
}

SpareSettings MachineReader::spare(const std::string& name, YamlReader reader) {
    domain::Spare spare;
    spare.name = checkedName<SpareName>(reader, "", name);
    spare.image_store = agent(reader, "image_store");
    spare.switch_agent = agent(reader, "switch");
    spare.disk = disk(reader, spare.image_store);
    spare.port = readName<PortName>(reader, "port");
    claimPort(reader, "port", spare.switch_agent, spare.port);
    spare.mac = readMac(reader, "mac");
    macs_.claim(reader, "mac", spare.mac);
    auto power_keys = reader.map("power");
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
