#include "coordinator/composition.hpp"

#include <fmt/format.h>

#include <limits>
#include <map>

#include "agent/base/process.hpp"
#include "coordinator/drivers/agent_connections.hpp"
#include "coordinator/drivers/agent_holder_driver.hpp"
#include "coordinator/drivers/agent_hypervisor_driver.hpp"
#include "coordinator/drivers/agent_image_store_driver.hpp"
#include "coordinator/drivers/agent_switch_driver.hpp"
#include "coordinator/drivers/fence_agent_power_driver.hpp"
#include "coordinator/drivers/test_alert.hpp"

namespace standin {

namespace {

constexpr const char* fence_agents_directory = "/usr/sbin";  // where the package fence-agents puts them

}  // namespace

config::Surroundings hostSurroundings(FenceCheck fence_check) {
    config::Surroundings host;
    host.program_exists = config::programExists;
    const auto described = std::make_shared<drivers::FenceAgent::Descriptions>();
    host.fence_problem = [fence_check, described](const drivers::PowerDevice& device) -> std::string {
        if (fence_check == FenceCheck::Described) {
            auto checked = drivers::FenceAgent(fence_agents_directory).check(device, *described);
            return checked ? "" : checked.error().message;
        }
        auto program =
            device.agent.front() == '/' ? device.agent : fmt::format("{}/{}", fence_agents_directory, device.agent);
        return config::programExists(program)
                   ? ""
                   : fmt::format("there is no fence agent '{}'; install package fence-agents", program);
    };
    host.rule_problems = ruleProblems;
    host.rule_lookups = ruleLookups;
    return host;
}

std::shared_ptr<drivers::PowerDriver> powerDriver() {
    return std::make_shared<drivers::FenceAgentPowerDriver>(fence_agents_directory);
}

engine::Inventory inventoryFrom(const config::Configuration& configuration) {
    engine::Inventory inventory;
    for (const auto& one : configuration.servers) {
        inventory.servers[one.server.name] = one.server;
        inventory.server_power[one.server.name] = one.ladder;
    }
    for (const auto& one : configuration.spares) {
        inventory.spares[one.spare.name] = one.spare;
        inventory.spare_power[one.spare.name] = one.ladder;
    }
    for (const auto& agent : configuration.agents) {
        inventory.agent_urls[agent.name] = agent.url;
        if (agent.captures_at_once) inventory.captures_at_once[agent.name] = *agent.captures_at_once;
        if (agent.restores_at_once) inventory.restores_at_once[agent.name] = *agent.restores_at_once;
    }
    inventory.capture_way = configuration.capture_way;
    inventory.brake = configuration.brake;
    return inventory;
}

engine::Drivers driversFrom(const config::Configuration& configuration, const drivers::AgentConnections& connections,
                            std::shared_ptr<drivers::Notifier> notifier) {
    engine::Drivers made;
    auto storeAndSwitch = [&](const base::AgentName& image_store, const base::AgentName& switch_agent) {
        made.image_stores[image_store] =
            std::make_shared<drivers::AgentImageStoreDriver>(connections.client(image_store));
        made.switches[switch_agent] = std::make_shared<drivers::AgentSwitchDriver>(connections.client(switch_agent));
    };
    for (const auto& one : configuration.servers) {
        const auto& server = one.server;
        storeAndSwitch(server.image_store, server.switch_agent);
        made.hypervisors[server.vm_host] =
            std::make_shared<drivers::AgentHypervisorDriver>(connections.client(server.vm_host));
        made.holders[server.request_holder] =
            std::make_shared<drivers::AgentHolderDriver>(connections.client(server.request_holder));
    }
    for (const auto& one : configuration.spares) {
        const auto& spare = one.spare;
        storeAndSwitch(spare.image_store, spare.switch_agent);
        if (spare.vm_host.empty()) continue;
        made.hypervisors[spare.vm_host] =
            std::make_shared<drivers::AgentHypervisorDriver>(connections.client(spare.vm_host));
    }
    made.power = powerDriver();
    made.notifier = std::move(notifier);
    made.claim = [&connections](const base::AgentName& name, const protocol::Leader& as, drivers::Deadline deadline) {
        return connections.claim(name, as, deadline);
    };
    made.epoch = [&connections](const base::AgentName& name, drivers::Deadline deadline) {
        return connections.epoch(name, deadline);
    };
    made.health = [&connections](const base::AgentName& name, drivers::Deadline deadline) {
        return connections.health(name, deadline);
    };
    return made;
}

base::Result<traps::TrapListenerSettings> trapListenerSettingsFrom(const config::Configuration& configuration) {
    traps::TrapListenerSettings settings;
    for (const auto& address : configuration.traps.listen) settings.listen.push_back({address.host, address.port});
    settings.allow_unauthenticated = configuration.traps.allow_unauthenticated;
    auto communities = communitiesFrom(configuration);
    if (!communities) return base::failure(communities.error());
    settings.communities = std::move(*communities);
    auto users = snmpUsersFrom(configuration);
    if (!users) return base::failure(users.error());
    settings.users = std::move(*users);
    settings.engine_state_file = engineStateFileOf(configuration);
    return settings;
}

domain::FailureReport reportFrom(const traps::FailureReport& report) {
    return {report.server,         report.kind,    report.cause, fmt::format("trap {}", report.trap_id),
            report.arrived_steady, report.messages};
}

drivers::Notification degradedNotification(const base::ServerName& server, const traps::DegradedCondition& condition) {
    return {
        drivers::Notification::Kind::Warning,
        {},
        server.text(),
        fmt::format("is degraded, and continues: {} (trap {}, rule {}); it is shown in 'standinctl status' until the "
                    "server says that it is well again, or until 'standinctl maintenance on {}'",
                    condition.reason, condition.trap_id, condition.rule, server.text())};
}

drivers::Notification trapNotification(const base::ServerName& server, const std::string& message) {
    return {drivers::Notification::Kind::Warning, {}, server.text(), message};
}

void rememberMessages(traps::SeenMessages& seen, const engine::Engine& engine) {
    constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
    for (const auto& operation : engine.operations(all)) {
        for (const auto& message : operation.messages) {
            if (const auto stamp = traps::MessageStamp::parse(message)) seen.remember(*stamp);
        }
    }
}

void checkUnauthenticatedTraps(protocol::Health& health, const config::TrapSettings& traps) {
    if (!traps.allow_unauthenticated) return;
    health.warnings.push_back(
        "traps of SNMP v1 and v2c are accepted (allow_unauthenticated_traps): nobody authenticates them, so anybody "
        "who "
        "knows a community and can send from a BMC's address can report the failure of its server, and repeat a trap "
        "as "
        "often as they like");
}

traps::TrapTests::Settings trapTestSettingsFrom(const config::Configuration& configuration, std::string file) {
    traps::TrapTests::Settings settings;
    for (const auto& one : configuration.servers) settings.servers.push_back(one.server.name);
    settings.every = configuration.traps.test_every;
    settings.within = configuration.traps.test_within;
    settings.file = std::move(file);
    return settings;
}

traps::TestTrapSender testTrapSender(const config::Configuration& configuration) {
    const auto deadline = configuration.traps.test_within;
    std::map<base::ServerName, std::pair<std::string, drivers::PowerLadder>> ways;
    for (const auto& one : configuration.servers) ways[one.server.name] = {one.trap_test_command, one.ladder};
    return [ways = std::move(ways), deadline](const base::ServerName& server,
                                              const traps::TestEvent& event) -> base::Result<std::string> {
        constexpr std::uint8_t both_oem = 0xa0;  // event data 2 and 3 are codes of the sender's own
        using Event = traps::TestEvent;
        const drivers::TestAlert alert{Event::sensor_type,
                                       Event::event_type,
                                       Event::sensor_number,
                                       {static_cast<std::uint8_t>(both_oem | Event::offset), event.data2, event.data3}};
        const auto& [command, ladder] = ways.at(server);
        if (command.empty()) return drivers::sendTestAlert(ladder, alert, deadline);
        std::vector<std::string> words{command, server.text()};
        for (const unsigned byte :
             {alert.sensor_type, alert.sensor_number, alert.event_type, alert.data[0], alert.data[1], alert.data[2]})
            words.push_back(fmt::format("{:#04x}", byte));
        auto done = base::runToSuccess(base::ProcessRequest{words, "", deadline});
        if (!done) return base::failure(done.error());
        return command + " has run";
    };
}

}  // namespace standin
