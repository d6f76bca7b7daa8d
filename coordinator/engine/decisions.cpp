#include "coordinator/engine/decisions.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "agent/protocol/json_text.hpp"
#include "coordinator/domain/outcome.hpp"

namespace standin::engine {

using domain::Operation;
using domain::Step;
using domain::StepReport;
using nlohmann::json;

void Decisions::advance(domain::OperationId id) {
    if (containment_.isSetAside(id)) return;
    containment_.contain(id, [&] {
        if (auto* operation = state_.operations.find(id)) decide(*operation);
    });
}

void Decisions::decide(Operation& operation) {
    auto& recorder = state_.batch.recorder();
    // Steps that the journal itself carries out have their outcome at once: ask again.
    for (bool again = true; again;) {
        const auto moment = state_.now();
        const auto& observation = observer_.observe(operation);
        const auto before = recorder.wantsWhole(operation.id) ? std::optional(operation) : std::nullopt;
        const auto reported_at = operation.restraint.reported_at;
        const bool had_passed = operation.brake_pass.given();
        const auto verdict = domain::decideOn(operation, observation, moment);
        const bool restrained_otherwise =
            operation.restraint.reported_at != reported_at || operation.brake_pass.given() != had_passed;
        if (restrained_otherwise) state_.batch.changed(operation.id);
        state_.restraints.note(operation);
        auto consequences = consequencesOf(operation, verdict.changes);
        recorder.decided(before ? *before : operation, observation, verdict, std::move(consequences.recorded), moment);
        changed(operation, verdict.changes, std::move(consequences.each));
        again = act(operation, verdict);
    }
    turns_.note(operation);
}

/// True if a step has its outcome already.
bool Decisions::act(Operation& operation, const domain::Verdict& verdict) {
    auto& timers = state_.operations.timers();
    timers.erase(operation.id);
    bool again = false;
    if (const auto* start = std::get_if<domain::Start>(&verdict.action)) {
        for (const auto& request : start->steps) again = begin(operation, request) || again;
        if (start->next) timers.set(operation.id, *start->next);
    } else if (const auto* wait = std::get_if<domain::Wait>(&verdict.action)) {
        if (wait->until) timers.set(operation.id, *wait->until);
    }
    return again;
}

bool Decisions::begin(Operation& operation, const domain::StepRequest& request) {
    // Before the holder's back leg is the stand-in's, it is durable that the spare's quarantine has to be ordered
    // again.
    if (!request.poll || request.id.name == domain::StepName::ReviveStandIn) {
        state_.batch.mustCommit();
        state_.batch.changed(operation.id);
    }
    if (request.id.name == domain::StepName::LeaseSpare) {
        leaseSpare(operation, request.id);
        return true;
    }
    state_.batch.start(operation.id, request);
    return false;
}

void Decisions::leaseSpare(Operation& operation, const domain::StepId& step) {
    const base::SpareName spare(step.subject);
    const auto leased = state_.spares.lease(spare, operation);
    take(operation, step,
         leased ? StepReport::done(fmt::format("spare '{}' is leased to failover {}", spare.text(), operation.id))
                : StepReport::failed(leased.error()),
         state_.now());
}

void Decisions::take(const StepOutcome& outcome) {
    auto* operation = state_.operations.find(outcome.operation);
    if (operation == nullptr) return;
    state_.batch.touch(operation->id);
    if (!domain::isUnderWay(*operation, outcome.step, outcome.attempt)) return;
    take(*operation, outcome.step, outcome.report, state_.timeline.at(outcome.ended));
}

void Decisions::take(Operation& operation, const domain::StepId& id, const StepReport& report, base::WallTime ended) {
    const Step& before = *operation.find(id);
    const double percent_before = before.percent;
    auto& recorder = state_.batch.recorder();
    if (recorder.keeps()) recorder.report(operation, {id, before.attempts, report, ended}, ended);
    domain::applyReport(operation, id, report, ended);
    const Step& step = *operation.find(id);
    if (step.state != domain::StepState::Polling || step.percent - percent_before >= 1)
        state_.batch.publishStep(operation, step);
    state_.batch.changed(operation.id);
}

bool Decisions::accept(Operation& operation, domain::Event event, const std::string& why, bool discard_data) {
    const auto moment = state_.now();
    auto decision = domain::accept(operation, event, why, moment);
    if (!decision) return false;
    if (discard_data) decision->after.discard_data = true;
    auto consequences = consequencesOf(decision->after, decision->changes);
    state_.batch.recorder().event(
        operation, {event, why, decision->changes, discard_data, std::move(consequences.recorded)}, moment);
    operation = std::move(decision->after);
    containment_.takeBack(operation.id);
    changed(operation, decision->changes, std::move(consequences.each));
    state_.batch.touch(operation.id);
    return true;
}

Decisions::Consequences Decisions::consequencesOf(const Operation& operation,
                                                  const std::vector<domain::Change>& changes) const {
    // Of an unknown server nothing can be derived: the decision is recorded, then changed() throws.
    if (changes.empty() || !state_.knows(operation.server)) return {};
    const auto* row = state_.spares.row(operation.server);
    domain::ServerRecord before{row == nullptr ? std::nullopt : std::optional(*row),
                                state_.placements.of(operation.server)};
    auto outcomes = domain::outcomesOf(operation, changes, state_.server(operation.server), before);
    return {std::move(outcomes.each), domain::RecordedOutcome{std::move(before), std::move(outcomes.after)}};
}

void Decisions::changed(Operation& operation, const std::vector<domain::Change>& changes,
                        std::vector<domain::Outcome> outcomes) {
    if (!changes.empty()) static_cast<void>(state_.server(operation.server));
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const auto& change = changes[i];
        apply(operation, std::move(outcomes[i]));
        const std::string line = fmt::format("{} {}: '{}' -> '{}' ({})", nameOf(operation.kind), operation.id,
                                             nameOf(change.from), nameOf(change.to), change.why);
        state_.batch.log(base::LogLevel::Notice, line);
        const auto data = [&change] {
            return json{{"from", nameOf(change.from)},
                        {"to", nameOf(change.to)},
                        {"event", nameOf(change.event)},
                        {"why", change.why}};
        };
        state_.batch.publish("state", operation, line, state_.events.wantsData() ? protocol::jsonText(data()) : "");
        state_.batch.mustCommit();
        state_.batch.changed(operation.id);
    }
}

void Decisions::apply(const Operation& operation, domain::Outcome outcome) {
    const auto& server = operation.server;
    if (outcome.ends_return) {
        returns_.abandon(server, {base::ErrorCode::Conflict, fmt::format("failover {} was opened", operation.id)});
    }
    if (outcome.placement) state_.placements.set(server, std::move(*outcome.placement));
    state_.spares.release(outcome.released, operation.id);
    if (outcome.row) state_.spares.setRow(*outcome.row);
}

}  // namespace standin::engine
