#include "coordinator/config/configuration_reader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>

#include "coordinator/config/machine_reader.hpp"
#include "coordinator/config/role_reader.hpp"
#include "coordinator/config/trap_settings_reader.hpp"
#include "coordinator/config/value_checks.hpp"

namespace standin::config {

using base::YamlReader;

namespace {

TlsFiles readTls(YamlReader reader) {
    TlsFiles tls{readAbsolutePath(reader, "ca_file"), readAbsolutePath(reader, "certificate_file"),
                 readAbsolutePath(reader, "key_file"), readOptionalAbsolutePath(reader, "crl_file")};
    reader.finish();
    return tls;
}

bool isAgentUrl(const std::string& url) {
    constexpr std::string_view scheme = "https://";
    if (url.rfind(scheme, 0) != 0) return false;
    auto authority = url.substr(scheme.size());
    auto colon = authority.rfind(':');
    return colon != std::string::npos && colon > 0 && authority.find('/') == std::string::npos &&
           parseListenAddress("0.0.0.0" + authority.substr(colon)).has_value();
}

/// Far more than a store can move at a time only keeps the most urgent one waiting for those that came before.
constexpr std::int64_t most_restores = 64;

std::vector<AgentSettings> readAgents(YamlReader& root) {
    std::vector<AgentSettings> agents;
    OnlyOnce urls("URL");
    for (auto& [name, reader] : root.entries("agents")) {
        AgentSettings agent;
        agent.name = checkedName<base::AgentName>(reader, "", name);
        agent.url = reader.text("url");
        if (!agent.url.empty() && !isAgentUrl(agent.url)) {
            reader.problem("url", fmt::format("'{}' is not of the form 'https://host:port'", agent.url));
        }
        urls.claim(reader, "url", agent.url);
        if (reader.has("restores_at_once"))
            agent.restores_at_once = static_cast<std::size_t>(reader.integer("restores_at_once", 1, most_restores));
        if (reader.has("captures_at_once"))
            agent.captures_at_once = static_cast<std::size_t>(reader.integer("captures_at_once", 1, most_restores));
        reader.finish();
        agents.push_back(std::move(agent));
    }
    if (agents.empty()) root.problem("agents", "must name at least one agent");
    return agents;
}

/// Limits of restores belong to an agent that restores.
void checkImageStores(const Configuration& configuration, YamlReader& root) {
    std::set<std::string> stores;
    for (const auto& one : configuration.servers) stores.insert(one.server.image_store.text());
    for (const auto& one : configuration.spares) stores.insert(one.spare.image_store.text());
    for (auto& [name, reader] : root.entries("agents")) {
        for (const char* key : {"restores_at_once", "captures_at_once"}) {
            if (reader.has(key) && stores.count(name) == 0)
                reader.problem(key, fmt::format("no server or spare names '{}' as its image_store", name));
        }
    }
}

/// S106, S184: a spare may lend its capacity, but a stand-in must not live on a machine that is overwritten while it
/// runs, and stand-ins do not move.
void checkLentSpares(const Configuration& configuration, YamlReader& root) {
    OnlyOnce hosts("VM host");
    for (auto& [name, reader] : root.entries("spares")) {
        const auto found = std::find_if(configuration.spares.begin(), configuration.spares.end(),
                                        [&its = name](const auto& one) { return one.spare.name.text() == its; });
        const auto& spare = found->spare;
        if (spare.vm_host.empty()) continue;
        hosts.claim(reader, "vm_host", spare.vm_host.text());
        for (const auto& one : configuration.servers) {
            const auto& server = one.server;
            const bool may_replace =
                server.switch_agent == spare.switch_agent && server.image_store == spare.image_store;
            if (server.vm_host != spare.vm_host || !may_replace) continue;
            reader.problem("vm_host",
                           fmt::format("'{}' carries the stand-in of server '{}', and this spare may have to "
                                       "replace that server: the stand-in would have to run on the machine "
                                       "that is overwritten; give the server another vm_host, or the spare "
                                       "none",
                                       spare.vm_host.text(), server.name.text()));
        }
    }
}

constexpr std::uint64_t least_reserve = 1U << 20;
constexpr std::uint64_t most_reserve = 16ULL << 30;

void readGeneral(Configuration& configuration, YamlReader reader, const std::set<std::string>& agent_names) {
    configuration.name = reader.text("name");
    configuration.listen = readListenAddress(reader, "listen");
    configuration.state_dir = readAbsolutePath(reader, "state_dir");
    const bool no_reserve = reader.text("reserve", "") == "0";  // a size needs a unit, and nothing has none
    configuration.reserve_bytes = no_reserve ? 0 : reader.bytes("reserve", configuration.reserve_bytes);
    if (configuration.reserve_bytes != 0 &&
        (configuration.reserve_bytes < least_reserve || configuration.reserve_bytes > most_reserve))
        reader.problem("reserve", "must be 0, which keeps none, or 1MiB to 16GiB; 64MiB are some thousand takeovers");
    configuration.tls = readTls(reader.map("tls"));
    if (auto roles = reader.optionalMap("roles")) {
        configuration.roles = readRoles(*roles);
        refuseAgents(*roles, configuration.roles, agent_names);
        roles->finish();
    }
    reader.finish();
}

void readNotifyAndCapture(Configuration& configuration, YamlReader& root, const Surroundings& surroundings) {
    if (auto notify = root.optionalMap("notify")) {
        configuration.notify_command = readOptionalAbsolutePath(*notify, "command");
        if (configuration.notify_command.rfind('/', 0) == 0 &&
            !surroundings.program_exists(configuration.notify_command)) {
            notify->problem("command",
                            fmt::format("there is no program '{}' on this host", configuration.notify_command));
        }
        notify->finish();
    }
    if (auto capture = root.optionalMap("capture")) {
        configuration.capture_way = capture->choice("way", {"restart", "powered_off"}) == "restart"
                                        ? domain::CaptureWay::Restart
                                        : domain::CaptureWay::PoweredOff;
        capture->finish();
    }
}

/// A brake that lets nobody through would be a freeze, and one without a time none at all.
domain::BrakeLimits readBrake(YamlReader reader) {
    constexpr std::int64_t most_failovers = 1'000'000;
    constexpr std::chrono::milliseconds longest{std::chrono::hours(24)};
    domain::BrakeLimits brake;
    brake.failovers = static_cast<std::size_t>(
        reader.integer("failovers", 1, most_failovers, static_cast<std::int64_t>(brake.failovers)));
    brake.percent = static_cast<unsigned>(reader.integer("percent", 0, 100, brake.percent));
    brake.within = reader.duration("within", brake.within);
    if (brake.within < std::chrono::seconds(1) || brake.within > longest)
        reader.problem("within", "must be 1s to 24h; 60s is usual");
    brake.cancel_hold_off = reader.duration("cancel_hold_off", brake.cancel_hold_off);
    if (brake.cancel_hold_off > longest)
        reader.problem("cancel_hold_off", "must be 0s to 24h; 0s lets the next report open a failover again");
    reader.finish();
    return brake;
}

}  // namespace

bool programExists(const std::string& program) {
    if (program.find('/') != std::string::npos) return ::access(program.c_str(), X_OK) == 0;
    const char* search_path = std::getenv("PATH");
    std::istringstream directories(fmt::format("{}:/usr/sbin", search_path == nullptr ? "" : search_path));
    for (std::string directory; std::getline(directories, directory, ':');) {
        if (!directory.empty() && ::access((directory + "/" + program).c_str(), X_OK) == 0) return true;
    }
    return false;
}

std::optional<Configuration> readConfiguration(const std::string& path, const Surroundings& surroundings,
                                               base::YamlProblems& problems) {
    auto text = YamlReader::textOf(path, problems);
    if (!text) return std::nullopt;
    return readConfigurationText(std::move(*text), path, surroundings, problems);
}

std::optional<Configuration> readConfigurationText(std::string text, const std::string& name,
                                                   const Surroundings& surroundings, base::YamlProblems& problems) {
    auto root = YamlReader::fromText(text, name, problems);
    if (!root) return std::nullopt;
    Configuration configuration;
    configuration.text = std::move(text);
    std::set<std::string> agent_names;
    for (const auto& [agent, reader] : root->entries("agents")) agent_names.insert(agent);
    readGeneral(configuration, root->map("coordinator"), agent_names);
    configuration.traps = readTraps(root->map("traps"), surroundings, problems);
    configuration.agents = readAgents(*root);
    MachineReader machines(configuration.agents, surroundings, configuration.traps.rules_file);
    for (auto& [server, reader] : root->entries("servers"))
        configuration.servers.push_back(machines.server(server, reader));
    for (auto& [spare, reader] : root->entries("spares")) configuration.spares.push_back(machines.spare(spare, reader));
    if (configuration.servers.empty()) root->problem("servers", "must name at least one server to protect");
    readNotifyAndCapture(configuration, *root, surroundings);
    if (auto brake = root->optionalMap("brake")) configuration.brake = readBrake(std::move(*brake));
    if (problems.empty()) checkTrapServers(configuration, root->map("traps"));
    if (problems.empty()) checkImageStores(configuration, *root);
    if (problems.empty()) checkLentSpares(configuration, *root);
    root->finish();
    if (!problems.empty()) return std::nullopt;
    return configuration;
}

}  // namespace standin::config
