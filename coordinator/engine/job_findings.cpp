#include "coordinator/engine/job_findings.hpp"

#include <fmt/format.h>

#include "coordinator/domain/segment_members.hpp"
#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

using base::MemberName;
using domain::Placement;
using domain::State;
using Kind = drivers::Notification::Kind;

namespace {

/// A healthy switch needs milliseconds; an order that is lost is given again with the watch's next round.
constexpr std::chrono::milliseconds order_within{5000};
const std::string the_watch = "the watch";

bool isRetriable(const domain::Operation* failover) {
    return failover != nullptr && (failover->state == State::Failed || failover->state == State::NeedsOperator);
}

}  // namespace

std::optional<WatchedPlacement> JobFindings::watched(const base::ServerName& server) const {
    WatchedPlacement placed{server, state_.placements.of(server), {}, false};
    const auto on = placed.placement.on;
    if (on == Placement::On::Nobody || returns_.isUnderWay(server) || adoption_.observes(server)) return std::nullopt;
    const auto* failover = state_.operations.openFailoverOf(server);
    if (failover != nullptr && !isResting(failover->state)) return std::nullopt;
    const bool on_stand_in = on == Placement::On::StandIn;
    const auto* row = state_.spares.row(server);
    if (on_stand_in && row != nullptr && row->stand_in == placed.placement.stand_in)
        placed.stand_in_port = row->stand_in_port;
    if (on_stand_in && failover != nullptr && failover->stand_in == placed.placement.stand_in)
        placed.stand_in_port = failover->stand_in_port;
    placed.through_holder =
        on == Placement::On::Spare && failover != nullptr && state_.operations.retiresHolder(*failover);
    return placed;
}

std::vector<WatchedPlacement> JobFindings::placementsToWatch() const {
    std::vector<WatchedPlacement> placements;
    for (const auto& [name, server] : state_.inventory.servers) {
        if (auto placed = watched(name)) placements.push_back(std::move(*placed));
    }
    return placements;
}

std::set<base::ServerName> JobFindings::serversWithTheirJobs() const {
    std::set<base::ServerName> servers;
    for (const auto& placed : placementsToWatch()) {
        if (placed.placement.on == Placement::On::Server && state_.spares.row(placed.server) != nullptr)
            servers.insert(placed.server);
    }
    return servers;
}

void JobFindings::segmentSeen(const WatchedPlacement& looked, const std::optional<protocol::SegmentOrder>& order) {
    if (!isStill(looked)) return;
    if (looked.placement.on == Placement::On::Server) {
        if (order) foundMoved(looked.server, *order);
        return;
    }
    const auto& segment = state_.server(looked.server).segment.text();
    const MemberName owner = order ? order->owner : MemberName{};
    const auto wanted = orderFor(state_.inventory, looked);
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
    state_.placements.reportOnce(looked.server, sentence, orders ? "ordered again" : "reported");
    if (orders) orderAgain(looked, *wanted);
}

void JobFindings::orderAgain(const WatchedPlacement& placed, const protocol::SegmentOrder& order) {
    const auto& server = state_.server(placed.server);
    const auto found = state_.drivers.switches.find(server.switch_agent);
    if (found == state_.drivers.switches.end()) return;
    const auto run = [driver = found->second, segment = server.segment, order,
                      stamp = state_.leadership.stampOf("watch/" + placed.server.text()),
                      leads = state_.leadership.flag(), deliver = state_.deliver] {
        if (!*leads) return;
        auto given = driver->setSegment(stamp, segment, order, order_within);
        if (given || given.error().code != base::ErrorCode::StaleEpoch) return;
        deliver(Request([why = given.error().message](Conductor& conductor) -> Reply {
            conductor.depose(why);
            return {};
        }));
    };
    state_.executor.post({domain::Lane::Ordinary, server.switch_agent.text(), run});
}

/// No failover of this journal has moved it: the journal is older than the world.
void JobFindings::foundMoved(const base::ServerName& name, const protocol::SegmentOrder& order) {
    auto placement = placementBy(state_.inventory, state_.server(name), order, state_.spares.row(name));
    placement.writes = state_.placements.of(name).writes;
    state_.placements.set(name, placement);
    if (!placement.spare.empty()) state_.spares.leaseAsFound(placement.spare, name);
    state_.placements.reportOnce(
        name,
        fmt::format("the segment of server '{}' belongs to {} although no failover is open; failures of the "
                    "server start nothing until the job is back on it: standinctl returned {}",
                    name.text(),
                    placement.on == Placement::On::Nobody
                        ? (order.owner.empty() ? "nobody" : "'" + order.owner.text() + "'")
                        : executorOf(placement),
                    name.text()),
        "reported");
}

void JobFindings::executorLost(const WatchedPlacement& looked, const ExecutorLoss& loss) {
    if (!isStill(looked)) return;
    const auto& server = looked.server;
    const auto* failover = state_.operations.openFailoverOf(server);
    const bool retriable = isRetriable(failover);
    const bool has_spare =
        retriable && (!observer_.observe(*failover).spares.empty() || !failover->failed_spares.empty());
    const bool retries = retriable && !state_.maintenance.reason(server) && !state_.restraints.freeze().on &&
                         loss.server_is_off && (has_spare || loss.after_silence);
    const std::string cure =
        retries ? fmt::format("failover {} is tried again", failover->id)
        : retriable
            ? fmt::format(
                  "mend it or set a spare, then: standinctl operation retry {}; or bring the job back to the "
                  "server: standinctl returned {}",
                  failover->id, server.text())
            : fmt::format("start it again, or bring the job back to the server: standinctl returned {}", server.text());
    const auto sentence = fmt::format("the job of server '{}' is down or may be: {}, which executes it, {}",
                                      server.text(), executorText(looked), loss.why);
    state_.placements.reportOnce(server, sentence + "; " + cure,
                                 retries ? fmt::format("failover {} is retried", failover->id) : "reported");
    if (!retries) return;
    auto retried = requests_.retry(failover->id, the_watch);
    if (!retried) state_.batch.log(base::LogLevel::Warning, retried.error().message);
}

void JobFindings::leadBackLeg(const WatchedPlacement& looked, const protocol::SegmentOrder& seen) {
    if (!isStill(looked)) return;
    auto order = seen;
    order.back_leg_port = state_.server(looked.server).holder_ports.back;
    order.back_leg_to = order.owner;
    orderAgain(looked, order);
}

/// Whether connections still go through the holder is nothing to it: its retirement may end between probe and report.
bool JobFindings::executesStill(const WatchedPlacement& looked) const {
    const auto now = watched(looked.server);
    return now && now->placement == looked.placement;
}

bool JobFindings::jobFellSilent(const WatchedPlacement& looked, const JobSilence& silence) {
    if (!executesStill(looked)) return false;
    const auto& server = state_.server(looked.server);
    const auto* failover = state_.operations.openFailoverOf(looked.server);
    const std::string sentence = fmt::format(
        "the job of server '{}' on {} has not answered request holder '{}' since {} ({}); {}", looked.server.text(),
        executorText(looked), server.request_holder.text(), domain::momentText(silence.since), silence.problem,
        silence.machine_runs ? "the machine runs, and is left alone: the job may be slow"
                             : "whether the machine runs is not known");
    const std::string cure = fmt::format(
        "see what the job does there and start it again{}; or bring it back to the server: standinctl "
        "returned {}",
        isRetriable(failover) ? fmt::format("; with a spare that works: standinctl operation retry {}", failover->id)
                              : "",
        looked.server.text());
    state_.batch.log(base::LogLevel::Warning, sentence);
    state_.batch.audit(the_watch, sentence, "reported");
    state_.notify(Kind::NeedsOperator, looked.server.text(), sentence + "; " + cure);
    return true;
}

void JobFindings::jobAnswersAgain(const WatchedPlacement& looked, base::WallTime since) {
    if (!executesStill(looked)) return;
    const std::string sentence = fmt::format("the job of server '{}' on {} answers again; it had not since {}",
                                             looked.server.text(), executorText(looked), domain::momentText(since));
    state_.batch.log(base::LogLevel::Notice, sentence);
    state_.batch.audit(the_watch, sentence, "reported");
    state_.notify(Kind::Notice, looked.server.text(), sentence);
}

}  // namespace standin::engine
