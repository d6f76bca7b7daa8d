#include "coordinator/domain/decide.hpp"

#include "agent/base/assertion.hpp"
#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/enter_state.hpp"
#include "coordinator/domain/notes.hpp"
#include "coordinator/domain/restraint/restrain.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/takeover/takeover_phase.hpp"
#include "coordinator/domain/transitions.hpp"
#include "coordinator/domain/wanted_steps.hpp"

namespace standin::domain {

namespace {

/// More changes of state than any operation has states: reached only by a defect in the table.
constexpr int most_changes_at_once = 64;

void applyChange(Operation& operation, const DetectedEvent& detected, State to, const Observation* observation,
                 base::WallTime now, std::vector<Change>& changes) {
    const Change change{operation.state, to, detected.event, detected.why};
    operation.state = to;
    operation.why = detected.why;
    operation.cure = detected.cure;
    operation.ended_at = isResting(to) ? now : base::WallTime{};
    if (detected.note) addNote(operation, *detected.note);
    if (change.event == Event::OperatorRetries) beginAttempt(operation, now);
    enterState(operation, change, observation != nullptr ? *observation : Observation{});
    noteWrites(operation, change, now);
    addEndNote(operation, observation, now);
    changes.push_back(change);
}

/// It leads to the stand-in until the spare's quarantine is ordered again: nobody probes the spare before that.
void lendBackLeg(Operation& operation) {
    const StepId isolation{StepName::IsolateSpare, operation.spare.text()};
    if (operation.find(isolation) != nullptr) operation.at(isolation).state = StepState::Planned;
}

StepRequest begin(Operation& operation, const Observation& observation, const StepId& id, base::WallTime now) {
    const auto& row = descriptorOf(id.name);
    if (row.precondition != nullptr) {  // a breach is a defect of this program
        const char* problem = row.precondition(operation, observation);
        if (problem != nullptr) base::assertionFailed(problem, __FILE__, __LINE__);
    }
    Step& step = operation.at(id);
    const StepLimits limits = row.limits.of(observation);
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
            STANDIN_ASSERT(operation.state == State::Closed || operation.state == State::Cancelled);
            return Closed{};
    }
}

Action act(Operation& operation, const Observation& observation, base::WallTime now) {
    std::vector<StepId> due;
    std::optional<base::WallTime> next = restraint::remindsAt(operation);
    std::vector<StepName> waiting_for;
    {
        const OperationProgress progress(operation, observation, now);
        for (const StepId& id : wantedSteps(progress)) {
            if (restraint::keepsBack(operation, id)) continue;
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
    if (operation.state == State::Verifying) {
        const auto by = takeover::decideBy(OperationProgress(operation, observation, now));
        if (by > now && (!next || by < *next)) next = by;
    }
    if (!due.empty()) {
        Start start{{}, next};
        for (const StepId& id : due) start.steps.push_back(begin(operation, observation, id, now));
        return start;
    }
    if (isResting(operation.state) && waiting_for.empty()) return rest(operation);
    std::string why = operation.restraint.why;
    for (const StepName step : waiting_for) why.append(why.empty() ? "waiting for " : ", ").append(nameOf(step));
    return Wait{next, std::move(why)};
}

}  // namespace

Verdict decideOn(Operation& operation, const Observation& observation, base::WallTime now) {
    Verdict verdict;
    for (int round = 0; round < most_changes_at_once; ++round) {
        restraint::update(operation, observation, now);
        const bool waits = operation.restraint.inForce();
        const auto event = waits ? std::nullopt : detectEvent(OperationProgress(operation, observation, now));
        if (!event) {
            if (!waits) addNotesBeside(operation, observation, now);
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
