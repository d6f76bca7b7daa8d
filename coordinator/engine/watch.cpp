#include "coordinator/engine/watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/base/timestamp.hpp"
#include "agent/protocol/json_text.hpp"
#include "coordinator/domain/spare_fitness.hpp"

namespace standin::engine {

namespace {
/// A healthy agent answers in milliseconds; the watch has no hurry, but must not keep the ordinary lane's threads for
/// long.
constexpr std::chrono::milliseconds patience{3000};
/// A fence agent is a process that starts slowly.
constexpr std::chrono::milliseconds power_read_within{10000};

std::map<base::AgentName, std::vector<domain::SpareTableRow>> rowsByStore(
    const Inventory& inventory, const std::vector<domain::SpareTableRow>& rows) {
    std::map<base::AgentName, std::vector<domain::SpareTableRow>> by_store;
    for (const auto& row : rows) by_store[inventory.spares.at(row.spare).image_store].push_back(row);
    return by_store;
}

void lookContained(const std::function<void()>& look) {
    try {
        look();
    } catch (const std::exception& exception) {
        base::Log("watch").error("a look was given up: {}", exception.what());
    }
}

std::string problemOfDisk(const domain::Spare& spare, const base::ImageId& image_id,
                          const std::vector<protocol::Disk>& disks, const std::vector<protocol::Image>& images) {
    const auto disk = std::find_if(disks.begin(), disks.end(), [&](const auto& one) { return one.name == spare.disk; });
    const auto image = std::find_if(images.begin(), images.end(), [&](const auto& one) { return one.id == image_id; });
    return disk == disks.end() || image == images.end() ? "" : domain::fitnessProblem(spare, *disk, *image);
}

}  // namespace

Watch::Watch(const ConductorParts& parts)
    : inventory_(parts.inventory),
      drivers_(parts.drivers),
      executor_(parts.executor),
      clock_(parts.clock),
      board_(parts.board),
      events_(parts.events),
      post_(parts.deliver),
      executors_(drivers_, inventory_, clock_, post_),
      jobs_(drivers_, inventory_, clock_, board_, executors_, post_),
      identities_(drivers_, inventory_, executor_, clock_, board_) {}

void Watch::look(Conductor& conductor) {
    if (!std::exchange(has_looked_, true)) return lookFirst(conductor);
    for (auto& [name, round] : rounds_) {
        if (round && round->under_way == 0) round = nullptr;
    }
    beginning_.clear();
    identities_.look();
    if (drivers_.health) {
        for (const auto& [name, url] : inventory_.agent_urls) begin(name, [this, name = name] { lookAtAgent(name); });
    }
    for (const auto& row : conductor.spares().readyRows())
        begin(inventory_.servers.at(row.server).vm_host, [this, row] { lookAtStandIn(row); });
    const auto placements = conductor.jobs().placementsToWatch();
    jobs_.keepOnly(placements);
    for (const auto& placed : placements) {
        begin(inventory_.servers.at(placed.server).switch_agent, [this, placed] { lookAtSegment(placed); });
        lookAtExecutor(placed);
    }
    for (const auto& blocked : conductor.blocked().due())
        executor_.post(
            {domain::Lane::Watch, "power", [this, blocked] { lookContained([&] { lookAtObstacle(blocked); }); }});
    for (const auto& row : conductor.spares().rowsOfUnknownAge())
        begin(inventory_.servers.at(row.server).image_store, [this, row] { lookAtImage(row); });
    for (const auto& [store, rows] : rowsByStore(inventory_, conductor.spares().rowsWithSpares()))
        begin(store, [this, store = store, rows = rows] { lookAtSpares(store, rows); });
}

/// Of coordinators that run from copies of one journal the one that reaches the first agent first leads; the others
/// have claimed nothing by then. All other agents are looked at afterwards.
void Watch::lookFirst(Conductor& conductor) {
    std::map<base::AgentName, std::vector<WatchedPlacement>> by_switch;
    for (auto& placed : conductor.jobs().placementsToWatch())
        by_switch[inventory_.servers.at(placed.server).switch_agent].push_back(std::move(placed));
    for (const auto& [agent, placements] : by_switch) {
        executor_.post({domain::Lane::Watch, agent.text(), [this, its = placements] { lookAtSegmentsFirst(its); }});
    }
    const auto first = inventory_.agent_urls.empty() ? base::AgentName() : inventory_.agent_urls.begin()->first;
    executor_.post({domain::Lane::Watch, first.text(), [this, first] {
                        if (!first.empty()) lookContained([&] { (void)claimAt(first); });
                        post_([this](Conductor& asked) -> Reply {
                            asked.startupCheck().knowsWhoLeads();
                            if (asked.leads()) look(asked);
                            return {};
                        });
                    }});
}

void Watch::lookAtSegmentsFirst(const std::vector<WatchedPlacement>& placements) {
    std::set<base::ServerName> servers;
    for (const auto& placed : placements) {
        const auto before = clock_.steady();
        lookContained([&] { lookAtSegment(placed); });
        servers.insert(placed.server);
        if (clock_.steady() - before >= patience) break;
    }
    post_([servers = std::move(servers)](Conductor& conductor) -> Reply {
        conductor.startupCheck().lookedAt(servers);
        return {};
    });
}

void Watch::begin(const base::AgentName& agent, std::function<void()> look) {
    auto& round = rounds_[agent];
    if (!round) {
        round = std::make_shared<Round>();
        beginning_.insert(agent);
    }
    if (beginning_.count(agent) == 0) return;  // its last round is still under way
    ++round->under_way;
    executor_.post({domain::Lane::Watch, agent.text(), [look = std::move(look), round, &clock = clock_] {
                        const auto before = clock.steady();
                        // An agent that has just not answered is not waited for again, however many servers it is asked
                        // about.
                        if (!round->silent) lookContained(look);
                        if (clock.steady() - before >= patience) round->silent = true;
                        --round->under_way;
                    }});
}

base::Result<void> Watch::claimAt(const base::AgentName& name) {
    if (!drivers_.claim || board_.adoption().observing) return {};
    auto claimed = drivers_.claim(name, board_.leader(), patience);
    if (claimed || claimed.error().code != base::ErrorCode::StaleEpoch) return claimed;
    post_([why = claimed.error().message](Conductor& conductor) -> Reply {
        conductor.depose(why);
        return {};
    });
    return claimed;
}

void Watch::lookAtAgent(const base::AgentName& name) {
    const auto claimed = claimAt(name);
    const auto known = board_.agent(name);
    AgentSnapshot seen = known.value_or(AgentSnapshot{});
    const bool known_before = known.has_value();
    const bool was_well = seen.reachable && seen.health.ok();
    seen.name = name;
    seen.url = inventory_.agent_urls.at(name);
    // An agent that has just not answered is not waited for again.
    const bool silent = !claimed && base::isTransient(claimed.error().code);
    auto health =
        silent ? base::Result<protocol::Health>(base::failure(claimed.error())) : drivers_.health(name, patience);
    seen.reachable = health.has_value();
    if (health) {
        seen.health = *health;
        seen.problem.clear();
        seen.seen_at = clock_.wall();
    } else {
        seen.problem = health.error().message;
    }
    const bool is_well = seen.reachable && seen.health.ok();
    if (!known_before || is_well != was_well) {
        std::string text = fmt::format("agent '{}' is {}", name.text(),
                                       is_well          ? "well"
                                       : seen.reachable ? "not well"
                                                        : "not reachable: " + seen.problem);
        events_.publish(
            {"agent",
             clock_.wall(),
             0,
             {},
             text,
             protocol::jsonText(nlohmann::json{{"agent", name.text()}, {"reachable", seen.reachable}, {"ok", is_well}}),
             0});
    }
    board_.post(std::move(seen));
}

void Watch::lookAtStandIn(const domain::SpareTableRow& row) {
    auto hypervisor = drivers_.hypervisors.find(inventory_.servers.at(row.server).vm_host);
    if (hypervisor == drivers_.hypervisors.end()) return;
    auto stand_in = hypervisor->second->standIn(row.stand_in, patience);
    std::string why;
    if (!stand_in) {
        // Only a clear 'no' is one: an agent that does not answer now may answer when it matters.
        if (stand_in.error().code == base::ErrorCode::NotFound) why = "it does not exist any more";
    } else if (stand_in->state != protocol::StandInState::Suspended &&
               stand_in->state != protocol::StandInState::Unknown) {
        why = fmt::format("it is {}, not suspended{}{}", protocol::nameOf(stand_in->state),
                          stand_in->problem.empty() ? "" : ": ", stand_in->problem);
    }
    if (why.empty()) return;
    post_([row, why](Conductor& conductor) -> Reply {
        conductor.spares().standInLost(row.server, row.stand_in, why);
        return {};
    });
}

void Watch::lookAtImage(const domain::SpareTableRow& row) {
    auto store = drivers_.image_stores.find(inventory_.servers.at(row.server).image_store);
    if (store == drivers_.image_stores.end()) return;
    auto image = store->second->image(row.image, patience);
    const auto at = image ? base::parseTimestamp(image->created_at) : base::Result<base::WallTime>(base::WallTime{});
    if (!at || *at == base::WallTime{}) return;
    post_([row, at = *at](Conductor& conductor) -> Reply {
        conductor.spares().imageSeen(row.server, row.image, at);
        return {};
    });
}

/// Not one of the agent's round: that an agent does not answer is what has to be found out here.
void Watch::lookAtExecutor(const WatchedPlacement& placed) {
    if (placed.placement.on == domain::Placement::On::Server || !executors_.isDue(placed)) return;
    const bool by_power = placed.placement.on == domain::Placement::On::Spare;
    const std::string whom = by_power ? "power" : inventory_.servers.at(placed.server).vm_host.text();
    executor_.post({domain::Lane::Watch, whom, [this, placed] { executors_.look(placed); }});
}

/// Agents that did not answer are asked again, and the failed server's power is read: a person may be at it.
void Watch::lookAtObstacle(const BlockedFailover& blocked) {
    using Power = domain::Obstacle::Power;
    const auto& obstacle = blocked.obstacle;
    for (const auto& agent : obstacle.silent) {
        if (!claimAt(agent)) return;
    }
    if (obstacle.unseen) {
        const auto hypervisor = drivers_.hypervisors.find(inventory_.servers.at(blocked.server).vm_host);
        if (hypervisor == drivers_.hypervisors.end()) return;
        const auto requests = hypervisor->second->requests(blocked.stand_in, patience);
        if (!requests || !requests->complete) return;
    }
    if (obstacle.power != Power::Any) {
        const auto ladder = inventory_.server_power.find(blocked.server);
        if (ladder == inventory_.server_power.end() || !drivers_.power) return;
        const auto power = drivers_.power->state(ladder->second, power_read_within);
        const bool off = power && *power == drivers::PowerState::Off;
        const bool on = power && *power == drivers::PowerState::On;
        if (on || (obstacle.power == Power::Off && !off)) return;
    }
    post_([blocked](Conductor& conductor) -> Reply {
        conductor.blocked().obstacleGone(blocked);
        return {};
    });
}

/// Not one of the holder's round either: a job that does not answer must not make it count as silent.
void Watch::lookAtJob(const WatchedPlacement& placed, const protocol::SegmentOrder& order) {
    if (placed.placement.on == domain::Placement::On::Server || !jobs_.isDue(placed)) return;
    executor_.post({domain::Lane::Watch, inventory_.servers.at(placed.server).request_holder.text(),
                    [this, placed, order] { jobs_.look(placed, order); }});
}

void Watch::lookAtSegment(const WatchedPlacement& placed) {
    const auto& its = inventory_.servers.at(placed.server);
    auto switch_driver = drivers_.switches.find(its.switch_agent);
    if (switch_driver == drivers_.switches.end()) return;
    auto segment = switch_driver->second->segment(its.segment, patience);
    if (!segment && segment.error().code != base::ErrorCode::NotFound) return;
    // As long as nothing was ever ordered it is the server's.
    const auto owner = segment ? segment->order.owner : ownerOf(domain::Placement::On::Server);
    const bool has_record = segment || placed.placement.on == domain::Placement::On::Server;
    if (has_record && owner == ownerOf(placed.placement.on)) {
        if (segment && segment->verified) lookAtJob(placed, segment->order);
        return;
    }
    std::optional<protocol::SegmentOrder> order;
    if (segment) order = segment->order;
    post_([placed, order](Conductor& conductor) -> Reply {
        conductor.jobs().segmentSeen(placed, order);
        return {};
    });
}

void Watch::lookAtSpares(const base::AgentName& image_store, const std::vector<domain::SpareTableRow>& rows) {
    auto store = drivers_.image_stores.find(image_store);
    if (store == drivers_.image_stores.end()) return;
    const auto disks = store->second->disks(patience);
    const auto images = disks ? store->second->images(patience)
                              : base::Result<std::vector<protocol::Image>>(base::failure(disks.error()));
    std::map<base::ServerName, std::string> unfit;
    for (const auto& row : rows) {
        const auto& spare = inventory_.spares.at(row.spare);
        auto problem = board_.identity(spare.name.text()).problem(spare.uuid_required);
        if (problem.empty() && images) problem = problemOfDisk(spare, row.image, *disks, *images);
        if (!problem.empty()) unfit[row.server] = std::move(problem);
    }
    // A store that does not answer says nothing about its disks; its health reports that.
    const auto asked = images ? std::set{image_store} : std::set<base::AgentName>();
    if (!images && unfit.empty()) return;
    post_([asked, unfit = std::move(unfit)](Conductor& conductor) -> Reply {
        conductor.spares().sparesSeen(asked, unfit);
        return {};
    });
}

}  // namespace standin::engine
