#include "coordinator/domain/decide.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/end_note.hpp"
#include "coordinator/domain/operation_progress.hpp"
#include "coordinator/domain/transitions.hpp"

namespace standin::domain {

namespace {

/// More changes of state than any operation has states: reached only by a defect in the table.
constexpr int most_changes_at_once = 64;

/// A topic that comes again is told again.
void addNote(Operation& operation, const Note& note) {
    auto found = std::find_if(operation.notes.begin(), operation.notes.end(),
                              [&](const Note& other) { return other.topic == note.topic; });
    if (found == operation.notes.end()) {
        operation.notes.push_back(note);
        return;
    }
    *found = note;
    operation.at({StepName::TellOperator, note.topic}).state = StepState::Planned;
}

/// What an end says to the operator (S109, S131, S229, S231).
void addEndNote(Operation& operation, const Observation* observation, base::WallTime now) {
    if (operation.kind == OperationKind::Failover && observation != nullptr &&
        (operation.state == State::Succeeded || operation.state == State::Failed)) {
        addNote(operation, failoverEndNote(operation, observation->server, now));
    } else if (operation.state == State::Succeeded) {
        addNote(operation, {"end",
                            Note::Level::Notice,
                            fmt::format("{} {} of server '{}' has ended normally: {}", nameOf(operation.kind),
                                        operation.id, operation.server.text(), operation.why),
                            {}});
    } else if (operation.state == State::Failed) {
        addNote(operation, {"end", Note::Level::Error,
                            fmt::format("{} {} of server '{}' has ended abnormally: {}", nameOf(operation.kind),
                                        operation.id, operation.server.text(), operation.why),
                            "mend the cause, then request it again"});
    }
}

void applyChange(Operation& operation, const DetectedEvent& detected, State to, const Observation* observation,
                 base::WallTime now, std::vector<Change>& changes) {
    const Change change{operation.state, to, detected.event, detected.why};
    operation.state = to;
    operation.why = detected.why;
    operation.cure = detected.cure;
    operation.ended_at = isResting(to) ? now : base::WallTime{};
    if (detected.note) addNote(operation, *detected.note);
    if (change.event == Event::OperatorRetries) beginAttempt(operation, now);
    enter(operation, change, observation != nullptr ? *observation : Observation{});
    noteWrites(operation, change, now);
    addEndNote(operation, observation, now);
    changes.push_back(change);
}

/// The port fence suffices to go on, but a server whose power could not be read back as off needs eyes (rule 6).
void noteUnconfirmedPower(Operation& operation, const Observation& observation, base::WallTime now) {
    const OperationProgress progress(operation, observation, now);
    if (operation.kind != OperationKind::Failover || !progress.gaveUp(StepName::FencePower)) return;
    const bool told = std::any_of(operation.notes.begin(), operation.notes.end(),
                                  [](const Note& note) { return note.topic == "power_unconfirmed"; });
    if (told) return;
    addNote(operation, {"power_unconfirmed", Note::Level::Warning,
                        fmt::format("the power of server '{}' could not be confirmed as off: {}; only its switch port "
                                    "keeps it off the segment",
                                    operation.server.text(), progress.problemOf(StepName::FencePower)),
                        fmt::format("cut the power of server '{}' by hand, then: standinctl operation confirm-fence {}",
                                    operation.server.text(), operation.id)});
}

/// The job answers, and may give or write wrong times.
void noteClock(Operation& operation, const Observation& observation, base::WallTime now) {
    const OperationProgress progress(operation, observation, now);
    if (operation.kind != OperationKind::Failover || !progress.done(StepName::ResumeStandIn)) return;
    const std::string& problem = progress.find(StepName::ResumeStandIn)->found;
    const bool told = std::any_of(operation.notes.begin(), operation.notes.end(),
                                  [](const Note& note) { return note.topic == "clock_not_set"; });
    if (problem.empty() || told) return;
    addNote(operation, {"clock_not_set", Note::Level::Warning,
                        fmt::format("stand-in '{}' got the segment before its clock was known to be right: {}",
                                    operation.stand_in.text(), problem),
                        fmt::format("compare its clock; install and start qemu-guest-agent in server '{}', then: "
                                    "standinctl refresh {}",
                                    operation.server.text(), operation.server.text())});
}

/// Beside the end: what is left running or suspended on the VM host is told, with what to do.
void noteStandInNotRetired(Operation& operation, const Observation& observation, base::WallTime now) {
    const OperationProgress progress(operation, observation, now);
    if (operation.state != State::Succeeded || !progress.gaveUp(StepName::RetireStandIn)) return;
    const bool told = std::any_of(operation.notes.begin(), operation.notes.end(),
                                  [](const Note& note) { return note.topic == "stand_in_not_retired"; });
    if (told) return;
    addNote(
        operation,
        {"stand_in_not_retired", Note::Level::Warning,
         fmt::format("stand-in '{}', which has handed its job over, could not be shut down: {}; the switch keeps it "
                     "in quarantine",
                     operation.stand_in.text(), progress.problemOf(StepName::RetireStandIn)),
         fmt::format("look after VM host '{}'; closing the failover deletes the stand-in: standinctl operation "
                     "close {}",
                     observation.server.vm_host.text(), operation.id)});
}

/// Rules 1, 2 and 5 in the only place where steps are started: a breach is a defect of this program.
void assertSafe(const Operation& operation, const Observation& observation, StepName step) {
    auto done = [&](StepName name, const std::string& subject) {
        const Step* found = operation.find(name, subject);
        return found != nullptr && found->state == StepState::Done;
    };
    const auto& spare = operation.spare;
    const bool leased =
        std::find(observation.leased.begin(), observation.leased.end(), spare) != observation.leased.end();
    switch (step) {
        case StepName::GiveSegment:
            STANDIN_ASSERT(isFenced(operation, observation.server));
            STANDIN_ASSERT(done(StepName::ResumeStandIn, operation.stand_in.text()));
            break;
        case StepName::GiveSegmentToSpare:
            STANDIN_ASSERT(isFenced(operation, observation.server));
            STANDIN_ASSERT(done(StepName::ProbeSpare, spare.text()));
            STANDIN_ASSERT(leased);
            break;
        case StepName::RestoreSpare:
            STANDIN_ASSERT(!spare.empty() && leased);
            STANDIN_ASSERT(done(StepName::PowerOffSpare, spare.text()));
            STANDIN_ASSERT(done(StepName::ReleaseSpare, spare.text()));
            break;
        case StepName::StartSpare:
            STANDIN_ASSERT(leased);
            STANDIN_ASSERT(done(StepName::IsolateSpare, spare.text()));
            break;
        case StepName::PowerOffSpare:
        case StepName::PowerOffFailedSpare:
            STANDIN_ASSERT(!spare.empty() && leased);
            STANDIN_ASSERT(done(StepName::ReleaseSpare, spare.text()));
            break;
        default:
            break;
    }
}

/// It leads to the stand-in until the spare's quarantine is ordered again: nobody probes the spare before that.
void lendBackLeg(Operation& operation) {
    const StepId isolation{StepName::IsolateSpare, operation.spare.text()};
    if (operation.find(isolation) != nullptr) operation.at(isolation).state = StepState::Planned;
}

StepRequest begin(Operation& operation, const Observation& observation, const StepId& id, base::WallTime now) {
    assertSafe(operation, observation, id.name);
    Step& step = operation.at(id);
    const StepLimits limits = limitsOf(id.name, observation);
    if (step.state == StepState::Polling) {
        step.state = StepState::Running;
        if (id.name == StepName::ReviveStandIn) lendBackLeg(operation);
        return {id, operation.at(id).attempts, true, limits};
    }
    if (step.state == StepState::Planned) {
        step.first_started = now;
        step.patience_from = now;
        step.refusals = 0;
        step.silent_since = {};
        if (id.name == StepName::ReviveStandIn) step.found.clear();
        step.finding = Finding::None;
        ++step.plans;
    }
    step.state = StepState::Running;
    ++step.attempts;
    step.started = now;
    step.ended = {};
    step.message.clear();
    step.since_failure_ms = base::milliseconds(now - operation.failure_at);
    return {id, step.attempts, false, limits};
}

Action rest(const Operation& operation) {
    switch (operation.state) {
        case State::Succeeded:
            return Succeeded{};
        case State::Failed:
            return Failed{operation.why};
        case State::NeedsOperator:
            return NeedsOperator{operation.why, operation.cure};
        default:
            STANDIN_ASSERT(operation.state == State::Closed);
            return Closed{};
    }
}

Action act(Operation& operation, const Observation& observation, base::WallTime now) {
    std::vector<StepId> due;
    std::optional<base::WallTime> next;
    std::vector<StepName> waiting_for;
    {
        const OperationProgress progress(operation, observation, now);
        for (const StepId& id : plan(progress)) {
            const auto at = progress.dueAt(id);
            if (at && *at <= now) {
                due.push_back(id);
            } else if (at && (!next || *at < *next)) {
                next = at;
            }
            const Step* step = operation.find(id);
            const bool planned = step == nullptr || step->state == StepState::Planned;
            if (planned ? !at : step->state != StepState::Done && (step->state == StepState::Running || at)) {
                waiting_for.push_back(id.name);
            }
        }
    }
    if (!due.empty()) {
        Start start{{}, next};
        for (const StepId& id : due) start.steps.push_back(begin(operation, observation, id, now));
        return start;
    }
    if (isResting(operation.state) && waiting_for.empty()) return rest(operation);
    std::string why;
    for (const StepName step : waiting_for) why.append(why.empty() ? "waiting for " : ", ").append(nameOf(step));
    return Wait{next, std::move(why)};
}

}  // namespace

Verdict decideOn(Operation& operation, const Observation& observation, base::WallTime now) {
    Verdict verdict;
    for (int round = 0; round < most_changes_at_once; ++round) {
        const auto event = detectEvent(OperationProgress(operation, observation, now));
        if (!event) {
            noteUnconfirmedPower(operation, observation, now);
            if (const auto note = hopeToTell(OperationProgress(operation, observation, now))) addNote(operation, *note);
            noteClock(operation, observation, now);
            noteStandInNotRetired(operation, observation, now);
            if (const auto note = troubleToTell(OperationProgress(operation, observation, now)))
                addNote(operation, *note);
            verdict.action = act(operation, observation, now);
            return verdict;
        }
        const auto to = successor(operation.kind, operation.state, event->event);
        STANDIN_ASSERT(to.has_value());
        applyChange(operation, *event, *to, &observation, now, verdict.changes);
    }
    STANDIN_ASSERT(!"an operation comes to rest");
    return verdict;
}

Decision decide(Operation operation, const Observation& observation, base::WallTime now) {
    auto verdict = decideOn(operation, observation, now);
    return {std::move(verdict), std::move(operation)};
}

std::optional<Decision> accept(const Operation& operation, Event event, const std::string& why, base::WallTime now) {
    const auto to = successor(operation.kind, operation.state, event);
    if (!to) return std::nullopt;
    Decision decision{{{}, Wait{now, why}}, operation};
    applyChange(decision.after, DetectedEvent{event, why, {}, {}}, *to, nullptr, now, decision.changes);
    return decision;
}

}  // namespace standin::domain
