#include "coordinator/composition.hpp"

#include <fmt/format.h>

#include "agent/base/secret_file.hpp"
#include "coordinator/drivers/agent_connections.hpp"
#include "coordinator/drivers/agent_holder_driver.hpp"
#include "coordinator/drivers/agent_hypervisor_driver.hpp"
#include "coordinator/drivers/agent_image_store_driver.hpp"
#include "coordinator/drivers/agent_switch_driver.hpp"
#include "coordinator/drivers/fence_agent_power_driver.hpp"

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
    if (!configuration.traps.communities_file.empty()) {
        auto communities = base::readSecret(configuration.traps.communities_file);
        if (!communities) return base::failure(communities.error());
        settings.communities = linesOf(*communities);
    }
    auto users = snmpUsersFrom(configuration);
    if (!users) return base::failure(users.error());
    settings.users = std::move(*users);
    settings.engine_state_file = engineStateFileOf(configuration);
    return settings;
}

domain::FailureReport reportFrom(const traps::FailureReport& report) {
    return {report.server, report.kind, report.cause, fmt::format("trap {}", report.trap_id), report.arrived_steady};
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

}  // namespace standin
