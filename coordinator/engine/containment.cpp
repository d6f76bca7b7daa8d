#include "coordinator/engine/containment.hpp"

#include <fmt/format.h>

#include "agent/base/text.hpp"
#include "coordinator/domain/set_aside.hpp"
#include "coordinator/engine/missing_machine.hpp"

namespace standin::engine {

namespace {

/// The first may have had another cause (a host that ran out of memory); twice at the same work is no accident.
constexpr unsigned most_crashes = 2;

}  // namespace

/// Exceptions of the standard library are what code and libraries throw where something is wrong; nothing else is
/// caught here.
void Containment::contain(domain::OperationId id, const std::function<void()>& work) {
    const journal::AtWork at_work(state_.journal, journal::Journal::Work::Decision, id);
    try {
        work();
    } catch (const std::exception& exception) {
        setAside(id, fmt::format("deciding what comes next failed: {}", base::oneLine(exception.what())));
    }
}

void Containment::setAside(domain::OperationId id, const std::string& problem) {
    const auto* found = state_.operations.find(id);
    if (found == nullptr) return;
    const auto& operation = *found;
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
    setAside(id, fmt::format("set aside: {}", problem), cure);
}

void Containment::setAsideWithout(const std::string& missing, const domain::Operation& operation) {
    const auto why = fmt::format("set aside: it needs {}, which is not configured any more", missing);
    if (operation.state == domain::State::NeedsOperator && operation.why == why) {  // by the coordinator before
        set_aside_.insert(operation.id);
        return;
    }
    const auto then = operation.kind == domain::OperationKind::Failover
                          ? fmt::format(", then: standinctl operation retry {}", operation.id)
                          : std::string(", then request it again");
    setAside(operation.id, why, cureOfMissing(missing) + then);
}

void Containment::setAside(domain::OperationId id, const std::string& why, const std::string& cure) {
    auto& operation = state_.operations.at(id);
    state_.batch.leave(id);
    state_.operations.timers().erase(id);
    turns_.leave(id);
    set_aside_.insert(id);
    const auto from = operation.state;
    const auto moment = state_.now();
    state_.batch.recorder().setAside(operation, {why, cure}, moment);
    domain::setAside(operation, why, cure, moment);
    state_.batch.changed(id);
    state_.batch.mustCommitSoon();
    const auto line = fmt::format("{} {}: '{}' -> '{}' ({})", nameOf(operation.kind), id, nameOf(from),
                                  nameOf(operation.state), operation.why);
    state_.batch.log(base::LogLevel::Error, line);
    state_.batch.publish("state", operation, line, "");
    state_.drivers.notifier->notify(
        {drivers::Notification::Kind::NeedsOperator, std::to_string(id), operation.server.text(),
         fmt::format("{} {} of server '{}' was {}; all others go on; {}", nameOf(operation.kind), id,
                     operation.server.text(), operation.why, operation.cure)});
}

void Containment::takeBack(domain::OperationId id) {
    set_aside_.erase(id);
    if (auto found = crashes_.find(id); found != crashes_.end())
        state_.batch.entry().crashes[id] = found->second = most_crashes - 1;
}

void Containment::recover(std::map<domain::OperationId, unsigned> crashes) {
    crashes_ = std::move(crashes);
    for (const auto& [id, times] : crashes_) {
        const auto* operation = state_.operations.find(id);
        if (operation == nullptr || times < most_crashes) continue;
        if (operation->state == domain::State::NeedsOperator) {  // so it was left by the one before
            set_aside_.insert(id);
        } else if (operation->state != domain::State::Closed && operation->state != domain::State::Cancelled) {
            setAside(id, fmt::format("the coordinator has died {} times while it worked on it", times));
        }
    }
}

/// An entry that nobody can read says that something was so, and not what: nothing is begun on its account, and nothing
/// that it might forbid.
void Containment::recover(const std::vector<journal::Unreadable>& entries) {
    for (const auto& entry : entries) {
        const bool holds_server = !entry.server.empty() && state_.knows(entry.server);
        const auto sentence = fmt::format(
            "{} cannot be read in the journal: {}; {}restore the journal from a backup, or look after it by hand",
            entry.what, entry.problem,
            holds_server
                ? fmt::format("failures of server '{0}' start nothing until 'standinctl maintenance off {0}'; ",
                              entry.server.text())
                : "");
        if (holds_server)
            state_.maintenance.hold(entry.server, fmt::format("{} cannot be read in the journal", entry.what));
        state_.log.error("{}", sentence);
        state_.notify(drivers::Notification::Kind::NeedsOperator, entry.server.text(), sentence);
    }
}

}  // namespace standin::engine
