#include "coordinator/engine/watch.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace standin::engine {

namespace {
/// A healthy agent answers in milliseconds; the watch has no hurry, but must not keep the ordinary lane's threads for
/// long.
constexpr std::chrono::milliseconds patience{3000};
}  // namespace

Watch::Watch(const Inventory& inventory, const Drivers& drivers, Executor& executor, const base::Clock& clock,
             Board& board, EventSink& events, Post post)
    : inventory_(inventory),
      drivers_(drivers),
      executor_(executor),
      clock_(clock),
      board_(board),
      events_(events),
      post_(std::move(post)),
      executors_(drivers, inventory, clock, post_) {}

void Watch::look(Conductor& conductor) {
    if (*under_way_ > 0) return;
    if (drivers_.health) {
        for (const auto& [name, url] : inventory_.agent_urls) begin([this, name = name] { lookAtAgent(name); });
    }
    for (const auto& row : conductor.rowsToWatch()) begin([this, row] { lookAtStandIn(row); });
    for (auto& placed : conductor.placementsToWatch()) {
        if (placed.placement.on != domain::Placement::On::Server && executors_.isDue(placed))
            begin([this, placed] { executors_.look(placed); });
        begin([this, placed = std::move(placed)] { lookAtSegment(placed); });
    }
}

void Watch::begin(std::function<void()> look) {
    ++*under_way_;
    executor_.post(domain::Lane::Ordinary, [look = std::move(look), under_way = under_way_] {
        look();
        --*under_way;
    });
}

base::Result<void> Watch::claimAt(const base::AgentName& name) {
    if (!drivers_.claim) return {};
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
    // Who has just not answered is not waited for again.
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
        events_.publish({"agent",
                         clock_.wall(),
                         0,
                         {},
                         text,
                         nlohmann::json{{"agent", name.text()}, {"reachable", seen.reachable}, {"ok", is_well}}.dump(),
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
        why = fmt::format("it is {}, not suspended", protocol::nameOf(stand_in->state));
    }
    if (why.empty()) return;
    post_([row, why](Conductor& conductor) -> Reply {
        conductor.standInLost(row.server, row.stand_in, why);
        return {};
    });
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
    if (has_record && owner == ownerOf(placed.placement.on)) return;
    std::optional<protocol::SegmentOrder> order;
    if (segment) order = segment->order;
    post_([placed, order](Conductor& conductor) -> Reply {
        conductor.segmentSeen(placed, order);
        return {};
    });
}

}  // namespace standin::engine
