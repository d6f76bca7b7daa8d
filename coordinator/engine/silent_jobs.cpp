// Jobs whose machines run and which do not answer. That is told, and nothing is done: who is slow is not fenced for it
// (rule 9).
#include <fmt/format.h>

#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/placement_order.hpp"

namespace standin::engine {

using domain::State;

namespace {

const std::string who_watches = "the watch";

}  // namespace

void Conductor::leadBackLeg(const WatchedPlacement& looked, const protocol::SegmentOrder& seen) {
    if (watchedPlacement(looked.server) != looked) return;  // decided otherwise meanwhile
    auto order = seen;
    order.back_leg_port = inventory_.servers.at(looked.server).holder_ports.back;
    order.back_leg_to = order.owner;
    orderAgain(looked, order);
}

void Conductor::jobFellSilent(const WatchedPlacement& looked, const JobSilence& silence) {
    if (watchedPlacement(looked.server) != looked) return;
    const auto& server = inventory_.servers.at(looked.server);
    const auto* failover = openFailoverOf(looked.server);
    const bool retriable =
        failover != nullptr && (failover->state == State::Failed || failover->state == State::NeedsOperator);
    const std::string sentence = fmt::format(
        "the job of server '{}' on {} has not answered request holder '{}' since {} ({}); {}", looked.server.text(),
        executorText(looked), server.request_holder.text(), domain::momentText(silence.since), silence.problem,
        silence.machine_runs ? "the machine runs, and is left alone: the job may be slow"
                             : "whether the machine runs is not known");
    const std::string cure = fmt::format(
        "see what the job does there and start it again{}; or bring it back to the server: standinctl "
        "returned {}",
        retriable ? fmt::format("; with a spare that works: standinctl operation retry {}", failover->id) : "",
        looked.server.text());
    lines_.push_back({base::LogLevel::Warning, sentence});
    audit(who_watches, sentence, "told");
    drivers_.notifier->notify(
        {drivers::Notification::Kind::NeedsOperator, {}, looked.server.text(), sentence + "; " + cure});
}

void Conductor::jobAnswersAgain(const WatchedPlacement& looked, base::WallTime since) {
    if (watchedPlacement(looked.server) != looked) return;
    const std::string sentence = fmt::format("the job of server '{}' on {} answers again; it had not since {}",
                                             looked.server.text(), executorText(looked), domain::momentText(since));
    lines_.push_back({base::LogLevel::Notice, sentence});
    audit(who_watches, sentence, "told");
    drivers_.notifier->notify({drivers::Notification::Kind::Notice, {}, looked.server.text(), sentence});
}

}  // namespace standin::engine
