#include "coordinator/engine/survey.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/segment_members.hpp"
#include "coordinator/engine/placement_order.hpp"
#include "coordinator/engine/steps/spare_guard.hpp"

namespace standin::engine {

using base::Result;
using domain::FoundServer;
using domain::Placement;

namespace {

/// What a driver answers, or nothing; the first that is wrong is kept, and nothing is asked afterwards.
class Asking {
  public:
    explicit Asking(AgentFinding& said) : said_(said) {}

    template <typename Question>
    auto operator()(Question question) -> std::optional<std::decay_t<decltype(*question())>> {
        if (!said_.problem.empty()) return std::nullopt;
        auto answer = question();
        if (answer) return std::move(*answer);
        if (answer.error().code != base::ErrorCode::NotFound) said_.problem = answer.error().message;
        return std::nullopt;
    }

  private:
    AgentFinding& said_;
};

void askSwitch(drivers::SwitchDriver& driver, const Inventory& inventory, const base::AgentName& agent,
               std::chrono::milliseconds patience, AgentFinding& said) {
    Asking asking(said);
    for (const auto& [name, server] : inventory.servers) {
        if (server.switch_agent != agent) continue;
        const auto segment = asking([&, id = server.segment] { return driver.segment(id, patience); });
        auto& order = said.segments[server.segment];
        if (segment) order = segment->order;
    }
    for (const auto& [name, spare] : inventory.spares) {
        if (spare.switch_agent != agent) continue;
        const auto segments = asking([&, port = spare.port] { return driver.segmentsAt(port, patience); });
        if (!segments) continue;
        for (const auto& segment : *segments) {
            if (steps::serves(segment, spare.port, true)) said.served[name] = segment.id;
        }
    }
}

void askStore(drivers::ImageStoreDriver& driver, std::chrono::milliseconds patience, AgentFinding& said) {
    Asking asking(said);
    const auto restores = asking([&] { return driver.restores(patience); });
    if (!restores) return;
    for (const auto& restore : *restores)
        said.last_operation = std::max(said.last_operation, domain::operationIn(restore));
}

void askHost(drivers::HypervisorDriver& driver, std::chrono::milliseconds patience, AgentFinding& said) {
    Asking asking(said);
    auto stand_ins = asking([&] { return driver.standIns(patience); });
    if (!stand_ins) return;
    for (const auto& one : *stand_ins)
        said.last_operation = std::max(said.last_operation, domain::operationIn(one.name));
    said.stand_ins = std::move(*stand_ins);
}

void askHolder(drivers::HolderDriver& driver, const Inventory& inventory, const base::AgentName& agent,
               std::chrono::milliseconds patience, AgentFinding& said) {
    Asking asking(said);
    for (const auto& [name, server] : inventory.servers) {
        if (server.request_holder != agent) continue;
        const auto hold = asking([&, job = server.job()] { return driver.hold(job, patience); });
        if (hold)
            said.holds[server.job()] = hold->state != protocol::HoldState::Idle || hold->held > 0 || hold->proxied > 0;
    }
}

template <typename Driver>
Driver* driverOf(const std::map<base::AgentName, std::shared_ptr<Driver>>& drivers, const base::AgentName& agent) {
    const auto found = drivers.find(agent);
    return found == drivers.end() ? nullptr : found->second.get();
}

std::string silenceOf(const domain::Server& server, const std::map<base::AgentName, AgentFinding>& said) {
    for (const auto& agent : {server.switch_agent, server.vm_host, server.image_store, server.request_holder}) {
        if (agent.empty()) continue;
        const auto found = said.find(agent);
        const bool silent = found == said.end() || !found->second.problem.empty();
        if (silent) return fmt::format("agent '{}' does not say all that it knows", agent.text());
    }
    return {};
}

void nameExecutors(const Inventory& inventory, const domain::Server& server, const protocol::SegmentOrder& order,
                   FoundServer& found) {
    found.placement = placementBy(inventory, server, order, nullptr);
    const auto standInAt = [&](const base::MemberName& name) {
        const auto* member = name.empty() ? nullptr : order.member(name);
        if (member == nullptr) return;
        for (const auto& one : found.stand_ins) {
            if (!one.port.empty() && one.port == member->port) found.placement.stand_in = one.name;
        }
    };
    if (found.placement.on == Placement::On::StandIn) standInAt(order.owner);
    if (order.owner != domain::holder_member) return;
    // In a handover: what was done last is on the one, and as far as it was handed over on the other.
    standInAt(order.established.empty() ? domain::stand_in_member : order.established);
    auto as_owner = order;
    as_owner.owner = domain::spare_member;
    found.placement.spare = placementBy(inventory, server, as_owner, nullptr).spare;
}

FoundServer foundOf(const Inventory& inventory, const domain::Server& server,
                    const std::map<base::AgentName, AgentFinding>& said) {
    FoundServer found;
    found.unknown = silenceOf(server, said);
    if (!found.unknown.empty()) return found;
    for (const auto& one : said.at(server.vm_host).stand_ins) {
        if (one.definition.server == server.name)
            found.stand_ins.push_back({one.name, one.state, one.definition.image, one.port});
    }
    if (const auto holder = said.find(server.request_holder); holder != said.end()) {
        const auto holds = holder->second.holds.find(server.job());
        found.holds = holds != holder->second.holds.end() && holds->second;
    }
    const auto& order = said.at(server.switch_agent).segments.at(server.segment);
    found.ordered = order.has_value();
    found.owner = order ? order->owner : domain::server_member;
    if (order) nameExecutors(inventory, server, *order, found);
    return found;
}

}  // namespace

std::set<base::AgentName> agentsOf(const Inventory& inventory) {
    std::set<base::AgentName> agents;
    for (const auto& [name, server] : inventory.servers)
        agents.insert({server.switch_agent, server.vm_host, server.image_store, server.request_holder});
    for (const auto& [name, spare] : inventory.spares)
        agents.insert({spare.switch_agent, spare.image_store, spare.vm_host});
    agents.erase(base::AgentName());
    return agents;
}

AgentFinding ask(const Drivers& drivers, const Inventory& inventory, const base::AgentName& agent,
                 std::chrono::milliseconds patience, const std::optional<protocol::Leader>& claim_as) {
    AgentFinding said;
    if (drivers.epoch) said.epoch = Asking(said)([&] { return drivers.epoch(agent, patience); }).value_or(0);
    if (said.epoch > protocol::largest_epoch) {  // to exceed it would lock this coordinator out at all agents
        said.problem = fmt::format(
            "it says that it has obeyed epoch {}, which no coordinator reaches; see the file "
            "'epoch' in its state_dir",
            said.epoch);
        said.epoch = 0;
    }
    if (claim_as && drivers.claim && said.problem.empty()) {
        if (const auto claimed = drivers.claim(agent, *claim_as, patience); !claimed)
            said.problem = claimed.error().message;
    }
    if (auto* driver = driverOf(drivers.switches, agent)) askSwitch(*driver, inventory, agent, patience, said);
    if (auto* driver = driverOf(drivers.hypervisors, agent)) askHost(*driver, patience, said);
    if (auto* driver = driverOf(drivers.image_stores, agent)) askStore(*driver, patience, said);
    if (auto* driver = driverOf(drivers.holders, agent)) askHolder(*driver, inventory, agent, patience, said);
    return said;
}

domain::SiteFinding findingFrom(const Inventory& inventory, const std::map<base::AgentName, AgentFinding>& said) {
    domain::SiteFinding finding;
    std::set<base::SegmentId> configured;
    for (const auto& [name, server] : inventory.servers) {
        configured.insert(server.segment);
        finding.servers[name] = foundOf(inventory, server, said);
    }
    for (const auto& [agent, its] : said) {
        if (!its.problem.empty()) finding.silent[agent] = its.problem;
        finding.epoch = std::max(finding.epoch, its.epoch);
        finding.last_operation = std::max(finding.last_operation, its.last_operation);
        for (const auto& [spare, segment] : its.served) {
            if (configured.count(segment) == 0) finding.strangers[spare] = segment.text();
        }
    }
    return finding;
}

}  // namespace standin::engine
