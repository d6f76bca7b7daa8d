// An operation that brings the coordinator down, or on which nothing can be decided, must not take all others with it.
#include "coordinator/domain/set_aside.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/text.hpp"
#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

namespace {

/// The first may have been somebody's doing (a host that ran out of memory); twice at the same work is no accident.
constexpr unsigned most_crashes = 2;

}  // namespace

/// Exceptions of the standard library are what code and libraries throw where something is wrong; nothing else is
/// caught here.
void Conductor::contain(domain::OperationId id, const std::function<void()>& work) {
    const journal::AtWork at_work(journal_, journal::Journal::Work::Decision, id);
    try {
        work();
    } catch (const std::exception& exception) {
        setAside(id, fmt::format("deciding what comes next failed: {}", base::oneLine(exception.what())));
    }
}

void Conductor::setAside(domain::OperationId id, const std::string& problem) {
    auto found = operations_.find(id);
    if (found == operations_.end()) return;
    auto& operation = found->second;
    std::erase_if(starts_, [id](const auto& start) { return start.first == id; });
    std::erase_if(begun_, [id](const auto& begun) { return begun.first == id; });
    timers_.erase(id);
    touched_.erase(id);
    restore_turns_.leave(id);
    set_aside_.insert(id);
    const auto from = operation.state;
    const auto cure =
        operation.kind == domain::OperationKind::Failover
            ? fmt::format(
                  "look after the job of server '{0}' and at 'standinctl operation show {1}', report this as a "
                  "defect with the log, then: standinctl operation retry {1}",
                  operation.server.text(), id)
            : fmt::format(
                  "look at 'standinctl operation show {}', report this as a defect with the log, then request "
                  "it again",
                  id);
    const auto moment = now();
    const auto why = fmt::format("set aside: {}", problem);
    recorder_.setAside(operation, {why, cure}, moment);
    domain::setAside(operation, why, cure, moment);
    dirty_.insert(id);
    must_commit_ = true;
    flush_at_ = moment;
    const auto line = fmt::format("{} {}: '{}' -> '{}' ({})", nameOf(operation.kind), id, nameOf(from),
                                  nameOf(operation.state), operation.why);
    lines_.push_back({base::LogLevel::Error, line});
    publish("state", operation, line, "");
    drivers_.notifier->notify({drivers::Notification::Kind::NeedsOperator, std::to_string(id), operation.server.text(),
                               fmt::format("{} {} of server '{}' was {}; all others go on; {}", nameOf(operation.kind),
                                           id, operation.server.text(), operation.why, operation.cure)});
}

/// A person has looked at it: it has another chance, and a single further crash ends that.
void Conductor::takeBack(domain::OperationId id) {
    set_aside_.erase(id);
    if (auto found = crashes_.find(id); found != crashes_.end()) entry_.crashes[id] = found->second = most_crashes - 1;
}

/// What brought earlier coordinators down: it is not touched again unasked.
void Conductor::recoverCrashes(std::map<domain::OperationId, unsigned> crashes) {
    crashes_ = std::move(crashes);
    for (const auto& [id, times] : crashes_) {
        auto found = operations_.find(id);
        if (found == operations_.end() || times < most_crashes) continue;
        if (found->second.state == domain::State::NeedsOperator) {  // so it was left by the one before
            set_aside_.insert(id);
        } else if (found->second.state != domain::State::Closed) {
            setAside(id, fmt::format("the coordinator has died {} times while it worked on it", times));
        }
    }
}

/// An entry that nobody can read says that something was so, and not what: nothing is begun on its account, and nothing
/// that it might forbid.
void Conductor::recoverUnreadable(const std::vector<journal::Unreadable>& entries) {
    for (const auto& entry : entries) {
        const bool holds_server = !entry.server.empty() && inventory_.servers.count(entry.server) > 0;
        const auto sentence = fmt::format(
            "{} cannot be read in the journal: {}; {}restore the journal from a backup, or look after it by hand",
            entry.what, entry.problem,
            holds_server
                ? fmt::format("failures of server '{0}' start nothing until 'standinctl maintenance off {0}'; ",
                              entry.server.text())
                : "");
        if (holds_server)
            maintenance_[entry.server] = {true, fmt::format("{} cannot be read in the journal", entry.what)};
        log_.error("{}", sentence);
        drivers_.notifier->notify({drivers::Notification::Kind::NeedsOperator, {}, entry.server.text(), sentence});
    }
}

}  // namespace standin::engine
