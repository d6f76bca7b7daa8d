// What the watch finds out about jobs that no operation moves: after an end somebody goes on watching (rule 12).
#include <fmt/format.h>

#include "coordinator/domain/segment_members.hpp"
#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/placement_order.hpp"

namespace standin::engine {

using base::MemberName;
using domain::Placement;
using domain::State;

namespace {

/// A healthy switch needs milliseconds; an order that is lost is given again with the watch's next round.
constexpr std::chrono::milliseconds order_within{5000};
/// What stays as it is, is told again after so long.
constexpr std::chrono::minutes told_again_after{10};
const std::string the_watch = "the watch";

}  // namespace

std::optional<WatchedPlacement> Conductor::watchedPlacement(const base::ServerName& server) {
    const auto found = placements_.find(server);
    WatchedPlacement placed{server, found == placements_.end() ? Placement{} : found->second, {}, false};
    if (placed.placement.on == Placement::On::Nobody || returns_.count(server) > 0 || observes(server))
        return std::nullopt;
    const auto* failover = openFailoverOf(server);
    if (failover != nullptr && !isResting(failover->state)) return std::nullopt;
    const bool on_stand_in = placed.placement.on == Placement::On::StandIn;
    const auto* row = table_.row(server);
    if (on_stand_in && row != nullptr && row->stand_in == placed.placement.stand_in)
        placed.stand_in_port = row->stand_in_port;
    if (on_stand_in && failover != nullptr && failover->stand_in == placed.placement.stand_in)
        placed.stand_in_port = failover->stand_in_port;
    placed.through_holder =
        placed.placement.on == Placement::On::Spare && failover != nullptr && retiresHolder(*failover);
    return placed;
}

std::vector<WatchedPlacement> Conductor::placementsToWatch() {
    std::vector<WatchedPlacement> placements;
    for (const auto& [name, server] : inventory_.servers) {
        if (auto placed = watchedPlacement(name)) placements.push_back(std::move(*placed));
    }
    return placements;
}

void Conductor::segmentSeen(const WatchedPlacement& looked, const std::optional<protocol::SegmentOrder>& order) {
    if (watchedPlacement(looked.server) != looked) return;  // decided otherwise meanwhile
    if (looked.placement.on == Placement::On::Server) {
        if (order) foundMoved(looked.server, *order);
        return;
    }
    const auto& segment = inventory_.servers.at(looked.server).segment.text();
    const MemberName owner = order ? order->owner : MemberName{};
    const auto wanted = orderFor(inventory_, looked);
    const bool lost = owner.empty() || owner == domain::server_member;
    const bool orders = lost && wanted.has_value();
    const std::string sentence = fmt::format(
        "segment '{}' belongs to {}, and {} executes the job of server '{}'{}", segment,
        !order ? "nobody: its switch has no record of it any more"
               : (owner.empty() ? "nobody" : fmt::format("'{}'", owner.text())),
        executorText(looked), looked.server.text(),
        orders ? "; it is given the segment again"
               : fmt::format("; look at GET /v1/segments/{} of its switch's agent, then: standinctl returned {}",
                             segment, looked.server.text()));
    tellOnce(looked.server, sentence, orders ? "ordered again" : "told");
    if (orders) orderAgain(looked, *wanted);
}

void Conductor::orderAgain(const WatchedPlacement& placed, const protocol::SegmentOrder& order) {
    const auto& server = inventory_.servers.at(placed.server);
    const auto found = drivers_.switches.find(server.switch_agent);
    if (found == drivers_.switches.end()) return;
    const auto run = [driver = found->second, segment = server.segment, order,
                      stamp = stampOf("watch/" + placed.server.text()), leads = leads_, deliver = deliver_] {
        if (!*leads) return;
        auto given = driver->setSegment(stamp, segment, order, order_within);
        if (given || given.error().code != base::ErrorCode::StaleEpoch) return;
        deliver(Request([why = given.error().message](Conductor& conductor) -> Reply {
            conductor.depose(why);
            return {};
        }));
    };
    executor_.post({domain::Lane::Ordinary, server.switch_agent.text(), run});
}

/// No failover of this journal has moved it: the journal is older than the world.
void Conductor::foundMoved(const base::ServerName& name, const protocol::SegmentOrder& order) {
    const auto placement = placementBy(inventory_, inventory_.servers.at(name), order, table_.row(name));
    setPlacement(name, placement);
    if (!placement.spare.empty() && table_.leaseAsFound(placement.spare, name)) leasesChanged();
    tellOnce(name,
             fmt::format("the segment of server '{}' belongs to {} although no failover is open; failures of the "
                         "server start nothing until the job is back on it: standinctl returned {}",
                         name.text(),
                         placement.on == Placement::On::Nobody
                             ? (order.owner.empty() ? "nobody" : "'" + order.owner.text() + "'")
                             : executorOf(placement),
                         name.text()),
             "told");
}

void Conductor::executorLost(const WatchedPlacement& looked, const ExecutorLoss& loss) {
    if (watchedPlacement(looked.server) != looked) return;
    auto* failover = openFailoverOf(looked.server);
    const bool retriable =
        failover != nullptr && (failover->state == State::Failed || failover->state == State::NeedsOperator);
    const auto maintained = maintenance_.find(looked.server);
    const bool in_maintenance = maintained != maintenance_.end() && maintained->second.on;
    const bool has_spare = retriable && (!observe(*failover).spares.empty() || !failover->failed_spares.empty());
    const bool retries = retriable && !in_maintenance && loss.server_is_off && (has_spare || loss.after_silence);
    const std::string cure =
        retries     ? fmt::format("failover {} is tried again", failover->id)
        : retriable ? fmt::format(
                          "mend it or set a spare, then: standinctl operation retry {}; or bring the job back to the "
                          "server: standinctl returned {}",
                          failover->id, looked.server.text())
                    : fmt::format("start it again, or bring the job back to the server: standinctl returned {}",
                                  looked.server.text());
    const auto sentence = fmt::format("the job of server '{}' is down or may be: {}, which executes it, {}",
                                      looked.server.text(), executorText(looked), loss.why);
    tellOnce(looked.server, sentence + "; " + cure,
             retries ? fmt::format("failover {} is retried", failover->id) : "told");
    if (!retries) return;
    auto retried = retry(failover->id, the_watch);
    if (!retried) lines_.push_back({base::LogLevel::Warning, retried.error().message});
}

void Conductor::tellOnce(const base::ServerName& server, const std::string& sentence, const std::string& outcome) {
    auto& told = told_placements_[server];
    if (told.first == sentence && now() < told.second + told_again_after) return;
    told = {sentence, now()};
    lines_.push_back({base::LogLevel::Warning, sentence});
    audit(the_watch, sentence, outcome);
    drivers_.notifier->notify({drivers::Notification::Kind::Warning, {}, server.text(), sentence});
}

}  // namespace standin::engine
