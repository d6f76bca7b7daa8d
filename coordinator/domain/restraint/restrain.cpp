#include "coordinator/domain/restraint/restrain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/notes.hpp"
#include "coordinator/domain/step_set.hpp"

namespace standin::domain::restraint {

using By = Restraint::By;
using Level = Note::Level;

namespace {

constexpr auto topic = "restrained";

bool wasBegun(const Operation& operation, StepSet steps) {
    return std::any_of(operation.steps.begin(), operation.steps.end(),
                       [steps](const Step& step) { return steps.contains(step.id.name) && step.attempts > 0; });
}

bool isFenceBegun(const Operation& operation) {
    return wasBegun(operation, {StepName::FencePort, StepName::FencePower});
}

std::string nameFor(const Operation& operation) {
    return fmt::format("{} {} of server '{}'", nameOf(operation.kind), operation.id, operation.server.text());
}

void letThrough(Operation& operation, const std::string& why, base::WallTime now, bool is_said) {
    operation.brake_pass = {now, why};
    operation.waits_for_release = false;
    if (!is_said) return;
    addNote(
        operation,
        {"brake_passed", Level::Notice, fmt::format("{} is let through the brake: {}", nameFor(operation), why), {}});
}

void pass(Operation& operation, const SiteRestraint& site, base::WallTime now) {
    if (!wantsToPass(operation)) return;
    if (!site.released.empty()) return letThrough(operation, "released by " + site.released, now, true);
    const bool free = site.braked.empty() && !operation.waits_for_release;
    if (!free && isPositive(evidenceOf(operation)))
        return letThrough(operation, "its server is dead for certain: no carrier, and no power", now, true);
    if (!free) {
        operation.waits_for_release = true;
    } else if (site.frozen.empty()) {
        letThrough(operation, "within the limit", now, false);  // a frozen one begins nothing, so it does not count yet
    }
}

Restraint wanted(const Operation& operation, const SiteRestraint& site) {
    if (!mayBeRestrained(operation)) return {};
    if (!site.frozen.empty())
        return {By::Freeze, "the site is frozen by " + site.frozen, "standinctl freeze off", {}, {}};
    if (!operation.waits_for_release || !wantsToPass(operation)) return {};
    if (operation.restraint.by == By::Brake) return operation.restraint;  // what it waits for stays the same
    return {By::Brake,
            site.braked.empty() ? "the brake stopped it before" : site.braked,
            site.cure.empty() ? "standinctl brake release" : site.cure,
            {},
            {}};
}

/// What the operator reads: what waits, why, what that means for the job, and what to do.
void report(Operation& operation, const std::string& again) {
    std::string sentence = fmt::format("{} {}waits: {}", nameFor(operation), again, operation.restraint.why);
    if (operation.kind == OperationKind::Failover && isFenceBegun(operation))
        sentence += "; its server is being fenced already, so its job is down meanwhile";
    const bool is_failover = operation.kind == OperationKind::Failover;
    operation.cure = operation.restraint.cure;
    if (is_failover) operation.cure += fmt::format("; or: standinctl operation cancel {}", operation.id);
    addNote(operation, {topic, is_failover ? Level::Error : Level::Warning, sentence, operation.cure});
}

/// The server may execute its job again by now (rule 9). A person's word stays.
bool isEvidenceOld(const Operation& operation) {
    const bool by_person = operation.asked_by.starts_with("operator ") || operation.attempt_from != base::WallTime{};
    return operation.kind == OperationKind::Failover && operation.state == State::TakingOver &&
           !isFenceBegun(operation) && !by_person && !isPositive(evidenceOf(operation));
}

/// The time for which it waited is not the steps'.
void goOn(Operation& operation, base::WallTime now) {
    const auto waited = now - operation.restraint.since;
    operation.restraint = {};
    operation.cure.clear();
    operation.verify_again = isEvidenceOld(operation);
    if (isResting(operation.state)) return;
    for (auto& shared : operation.steps) {
        const bool tried = shared->state == StepState::Failed || shared->state == StepState::Unknown ||
                           shared->state == StepState::Polling;
        if (!tried || shared->id.name == StepName::TellOperator) continue;
        Step& step = shared.own();
        step.patience_from = now;
        step.refusals = 0;
    }
    addNote(operation, {topic,
                        Level::Notice,
                        fmt::format("{} goes on, after it has waited for {}", nameFor(operation), durationText(waited)),
                        {}});
}

}  // namespace

bool mayBeRestrained(const Operation& operation) {
    if (operation.kind != OperationKind::Failover)
        return operation.state == State::Opened ||
               (operation.state == State::StoppingServer && !wasBegun(operation, {StepName::StopServer}));
    switch (operation.state) {
        case State::TakingOver:
        case State::GivingSegment:
        case State::ColdPreparingSpare:
        case State::ColdStartingSpare:
        case State::ColdGivingSegment:
        case State::ColdLeavingSpare:
            return !wasBegun(operation, {StepName::GiveSegment, StepName::GiveSegmentToSpare});
        default:
            return false;
    }
}

bool wantsToPass(const Operation& operation) {
    return hasNotPassed(operation) && mayBeRestrained(operation);
}

bool hasNotPassed(const Operation& operation) {
    return operation.kind == OperationKind::Failover && !isResting(operation.state) && !operation.brake_pass.given() &&
           !isFenceBegun(operation);
}

PositiveEvidence evidenceOf(const Operation& operation) {
    const auto found = [&operation](StepName name, Finding finding) {
        const Step* step = operation.find(name, operation.server.text());
        return step != nullptr && step->finding == finding;
    };
    // A confirmed power fence is one that a person has seen: the failover itself has begun none yet.
    const Step* power = operation.find(StepName::FencePower, operation.server.text());
    const bool seen_off = power != nullptr && power->state == StepState::Done;
    return {.carrier_lost = found(StepName::AskPort, Finding::NoCarrier),
            .power_off = seen_off || found(StepName::AskPower, Finding::Off)};
}

void update(Operation& operation, const Observation& observation, base::WallTime now) {
    const SiteRestraint& site = observation.site;
    pass(operation, site, now);
    Restraint next = wanted(operation, site);
    const Restraint& present = operation.restraint;
    if (next.by == present.by && next.why == present.why) {
        if (!present.inForce() || now < present.reported_at + remind_every) return;
        report(operation, "still ");
        operation.restraint.reported_at = now;
        return;
    }
    if (!next.inForce()) return goOn(operation, now);
    next.since = present.inForce() ? present.since : now;
    next.reported_at = now;
    operation.restraint = std::move(next);
    report(operation, "");
}

bool keepsBack(const Operation& operation, const StepId& id) {
    if (!operation.restraint.inForce() || id.name == StepName::TellOperator || isEvidence(id.name)) return false;
    const Step* step = operation.find(id);
    const bool goes_on = step != nullptr && step->state == StepState::Polling && id.name != StepName::ReviveStandIn;
    return !goes_on;
}

std::optional<base::WallTime> remindsAt(const Operation& operation) {
    if (!operation.restraint.inForce()) return std::nullopt;
    return operation.restraint.reported_at + remind_every;
}

}  // namespace standin::domain::restraint
