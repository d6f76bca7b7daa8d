#include <fmt/format.h>

#include <algorithm>

#include "coordinator/domain/operation_progress.hpp"

namespace standin::domain {

namespace {

bool contains(const std::vector<base::SpareName>& spares, const base::SpareName& spare) {
    return std::find(spares.begin(), spares.end(), spare) != spares.end();
}

/// To be done once more: its attempts are counted on, so that no command is taken for an earlier one. Also what is
/// running: what comes of that attempt belongs to the past.
void planAgain(Operation& operation, std::initializer_list<StepName> names) {
    for (auto& step : operation.steps) {
        const bool named = std::find(names.begin(), names.end(), step->id.name) != names.end();
        if (named) step.own().state = StepState::Planned;
    }
}

void chooseSpare(Operation& operation, const Observation& observation) {
    const bool usable = !operation.spare.empty() && !contains(operation.failed_spares, operation.spare);
    if (usable) return;
    operation.spare = {};
    for (const auto& spare : observation.spares) {
        if (contains(operation.failed_spares, spare)) continue;
        operation.spare = spare;
        return;
    }
}

/// It was suspended half way of a handover, or may have been, and requests may be held: returning them lets it run
/// again.
bool isReturnedFirst(const Operation& operation) {
    const Step* returning = operation.find(StepName::ReturnRequests, operation.stand_in.text());
    return operation.handovers > 0 || (returning != nullptr && returning->state != StepState::Done);
}

/// Precondition: nothing was released to the spare.
void planHandoverAgain(Operation& operation) {
    planAgain(operation, {StepName::IsolateSpare, StepName::ProbeSpare, StepName::HoldRequests, StepName::DrainStandIn,
                          StepName::FreezeStandIn, StepName::ReleaseHeld});
}

/// Their leases are given back, and what was done about them with these; also of those that are not the next to try.
void planFailedSparesAgain(Operation& operation) {
    for (auto& step : operation.steps) {
        const auto name = step->id.name;
        const bool prepares = name == StepName::LeaseSpare || name == StepName::ReleaseSpare ||
                              name == StepName::PowerOffSpare || name == StepName::RestoreSpare ||
                              name == StepName::IsolateSpare || name == StepName::StartSpare ||
                              name == StepName::ProbeSpare || name == StepName::PowerOffFailedSpare;
        if (prepares && contains(operation.failed_spares, base::SpareName(step->id.subject)))
            step.own().state = StepState::Planned;
    }
}

/// The operator's retry: what is confirmed stays so, what was given up is tried again, also with the spares that
/// failed. Only the power is read again: since it was, the server may have been repaired and switched on; and whether
/// the stand-in runs: since then a person may have stopped it.
void retry(Operation& operation) {
    for (auto& step : operation.steps) {
        const bool read_back = step->id.name == StepName::FencePower && step->found.empty();
        if (read_back) step.own().state = StepState::Planned;
        const StepState its = step->state;
        const bool ended = its == StepState::Failed || its == StepState::Unknown || its == StepState::Polling;
        if (ended && step->id.name != StepName::TellOperator) step.own().state = StepState::Planned;
    }
    const bool spare_failed = contains(operation.failed_spares, operation.spare);
    if (spare_failed || operation.spare.empty()) {
        operation.spare = {};
        operation.cold = false;
        planAgain(operation, {StepName::LeaseSpare, StepName::PowerOffSpare, StepName::ReleaseSpare,
                              StepName::RestoreSpare, StepName::IsolateSpare, StepName::StartSpare,
                              StepName::ProbeSpare, StepName::PowerOffFailedSpare, StepName::GrowStandIn});
        if (!operation.job_runs)
            planAgain(operation, {StepName::ResumeStandIn, StepName::FreezeStandIn, StepName::StopStandIn});
    }
    if (operation.job_runs && !isReturnedFirst(operation) && !isReleased(operation))
        planAgain(operation, {StepName::ResumeStandIn, StepName::GiveSegment, StepName::IsolateSpare});
    // Half way, requests may be held: they go back to the stand-in before the handover begins anew. Once they were
    // released to the spare there is no way back, and what is left to do is done as it was.
    if (operation.handovers > 0 && !isReleased(operation)) {
        operation.at({StepName::ReturnRequests, operation.stand_in.text()}).state = StepState::Planned;
        planHandoverAgain(operation);
    }
    planFailedSparesAgain(operation);
    operation.handovers = 0;
    operation.failed_spares.clear();
    operation.cure.clear();
}

/// The stand-in answers after all. What was done about the spare stays done; only its quarantine and the holder's back
/// leg are ordered anew, behind the stand-in's segment.
void leaveColdPath(Operation& operation) {
    const Step* revived = operation.find(StepName::ReviveStandIn, operation.stand_in.text());
    Step& resumed = operation.at({StepName::ResumeStandIn, operation.stand_in.text()});
    resumed.state = StepState::Done;
    resumed.finding = revived->finding;
    resumed.message = revived->message;
    planAgain(operation,
              {StepName::GiveSegment, StepName::IsolateSpare, StepName::ProbeSpare, StepName::ReviveStandIn});
    operation.cold = false;
}

}  // namespace

void enter(Operation& operation, const Change& change, const Observation& observation) {
    switch (change.event) {
        case Event::StandInUnusable:
            operation.cold = true;
            operation.job_runs = false;
            // One that was stopped on an earlier cold path may run again on this one.
            planAgain(operation, {StepName::ReviveStandIn, StepName::StopStandIn});
            break;
        case Event::StandInReady:
            if (operation.cold) leaveColdPath(operation);
            break;
        case Event::SegmentGiven:
            operation.job_runs = !isReleased(operation);
            // Nobody could say whether the stand-in runs: then it keeps the segment as it was given to it.
            if (const Step* given = operation.find(StepName::GiveSegment, operation.stand_in.text());
                given != nullptr && given->state != StepState::Done)
                operation.at(given->id).state = StepState::Done;
            break;
        case Event::SpareOwnsSegment:
            operation.job_runs = true;
            break;
        case Event::SpareFailed:
            operation.failed_spares.push_back(operation.spare);
            break;
        case Event::FurtherSpare:
            operation.spare = {};
            break;
        case Event::SpareAnswers:
            if (!operation.cold) ++operation.handovers;
            break;
        case Event::RequestsReturned:
            operation.job_runs = true;
            planHandoverAgain(operation);
            break;
        case Event::HandoversExhausted:
            operation.job_runs = true;
            planAgain(operation, {StepName::HoldRequests, StepName::DrainStandIn, StepName::FreezeStandIn});
            break;
        case Event::OldStandInRemoved:
            operation.stand_in_port = {};
            break;
        case Event::OperatorRetries:
            retry(operation);
            break;
        default:
            break;
    }
    if (change.to == State::ReleasingRequests) operation.job_runs = false;
    if (change.to == State::ReturningRequests) planAgain(operation, {StepName::ReturnRequests});
    if (change.to == State::PreparingSpare || change.to == State::ColdPreparingSpare)
        chooseSpare(operation, observation);
}

}  // namespace standin::domain
