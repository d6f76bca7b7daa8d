#include "coordinator/engine/job_watch.hpp"

#include <exception>

namespace standin::engine {

using domain::JobAnswer;
using domain::JobNews;

namespace {

/// A job that works answers in milliseconds.
constexpr std::chrono::milliseconds job_answers_within{2000};
constexpr std::chrono::milliseconds holder_answers_within{2800};
/// A question that has not come back by then never will.
constexpr std::chrono::seconds longest_question{60};

}  // namespace

JobWatch::Looks& JobWatch::looksOf(const WatchedPlacement& placed) {
    Looks& looks = looks_[placed.server];
    if (looks.placement != placed.placement) looks = Looks{placed.placement, {}, {}, false};
    return looks;
}

void JobWatch::keepOnly(const std::vector<WatchedPlacement>& placements) {
    base::NameMap<base::ServerName, Looks> kept;
    const std::lock_guard lock(mutex_);
    for (const auto& placed : placements) {
        const auto found = looks_.find(placed.server);
        if (found != looks_.end()) kept[placed.server] = found->second;
    }
    for (const auto& [server, looks] : looks_) {
        if (kept.count(server) == 0) board_.forgetJob(server);
    }
    looks_ = std::move(kept);
}

bool JobWatch::isDue(const WatchedPlacement& placed) {
    const auto& server = inventory_.servers.at(placed.server);
    if (server.holder_ports.back.empty() || drivers_.holders.count(server.request_holder) == 0) return false;
    const std::lock_guard lock(mutex_);
    Looks& looks = looksOf(placed);
    const auto moment = clock_.steady();
    if (looks.looking && moment < looks.asked + longest_question) return false;
    looks.asked = moment;
    looks.looking = true;
    return true;
}

void JobWatch::look(const WatchedPlacement& placed, const protocol::SegmentOrder& order) {
    try {
        ask(placed, order);
    } catch (const std::exception& exception) {
        base::Log("watch").error("a question to a job was given up: {}", exception.what());
    }
    const std::lock_guard lock(mutex_);
    looksOf(placed).looking = false;
}

void JobWatch::ask(const WatchedPlacement& placed, const protocol::SegmentOrder& order) {
    const auto& server = inventory_.servers.at(placed.server);
    if (order.back_leg_to != ownerOf(placed.placement.on)) {
        if (order.proxied) return;  // connections go through it to somebody else
        post_([placed, order](Conductor& conductor) -> Reply {
            conductor.jobs().leadBackLeg(placed, order);
            return {};
        });
        return;
    }
    const auto asked_at = clock_.wall();
    protocol::ProbeRequest request;
    request.probe = server.probe;
    request.deadline_ms = static_cast<std::uint32_t>(job_answers_within.count());
    const auto probed = drivers_.holders.at(server.request_holder)->probe(server.job(), request, holder_answers_within);
    const auto answer = !probed ? JobAnswer::NotAsked : probed->answered ? JobAnswer::Answered : JobAnswer::Silent;
    JobNews news = JobNews::None;
    domain::JobLooks looks;
    {
        const std::lock_guard lock(mutex_);
        Looks& its = looksOf(placed);
        news = domain::note(its.answers, answer, asked_at);
        looks = its.answers;
    }
    if (const auto answers = looks.answers())
        board_.post(placed.server, {placed.placement, *answers, *answers ? base::WallTime{} : looks.silent_since});
    if (news == JobNews::Silent) tellSilence(placed, probed->problem, looks.silent_since);
    if (news != JobNews::AnswersAgain) return;
    post_([placed, since = looks.silent_since](Conductor& conductor) -> Reply {
        conductor.jobs().jobAnswersAgain(placed, since);
        return {};
    });
}

/// A machine that does not run is reported by the watch of executors, which also says what is done about it.
void JobWatch::tellSilence(const WatchedPlacement& placed, const std::string& problem, base::WallTime since) {
    const auto runs = executors_.runs(placed);
    if (runs && !*runs) return executors_.look(placed);
    {
        const std::lock_guard lock(mutex_);
        looksOf(placed).answers.told = true;
    }
    post_([this, placed, silence = JobSilence{since, problem, runs.has_value()}](Conductor& conductor) -> Reply {
        if (conductor.jobs().jobFellSilent(placed, silence)) return {};
        // An operation began in that moment. If the job is there afterwards and still silent, it is reported then.
        const std::lock_guard lock(mutex_);
        const auto its = looks_.find(placed.server);
        if (its != looks_.end() && its->second.placement == placed.placement) its->second.answers.told = false;
        return {};
    });
}

}  // namespace standin::engine
