#include <algorithm>

#include "coordinator/domain/spare/spare_phase.hpp"

namespace standin::domain::spare {

using enum StepName;

bool isIn(const std::vector<base::SpareName>& spares, const base::SpareName& spare) {
    return std::find(spares.begin(), spares.end(), spare) != spares.end();
}

/// Leased, then released by the VM host that it carried (a machine that carries stand-ins is not switched off), then
/// off and confirmed, all before it is written; in quarantine before it is started.
void addPreparation(StepList& steps, const OperationProgress& progress) {
    if (progress.operation().spare.empty()) return;
    steps.add(LeaseSpare);
    if (!progress.done(LeaseSpare)) return;
    steps.inOrder({ReleaseSpare, PowerOffSpare, RestoreSpare});
    if (!progress.done(ReleaseSpare) || !progress.done(PowerOffSpare)) return;
    // The back leg is with the stand-in until everything that was held has been returned to it.
    if (progress.find(ReturnRequests) != nullptr && !progress.done(ReturnRequests)) {
        steps.add(ReturnRequests);
        return;
    }
    // Until the image is on the disk the holder's back leg is better with the stand-in, which may yet answer.
    if (mayRevive(progress) && !progress.done(RestoreSpare)) return;
    // The port fence and the spare's quarantine are orders for the same segment: one after the other.
    if (progress.operation().job_runs || progress.concluded(FencePort)) steps.add(IsolateSpare);
}

void wantedSteps(StepList& steps, const OperationProgress& progress) {
    switch (progress.operation().state) {
        case State::PreparingSpare:
            steps.add(FencePower);
            return addPreparation(steps, progress);
        case State::StartingSpare:
            steps.add(FencePower).inOrder({StartSpare, ProbeSpare});
            return;
        case State::LeavingSpare:
            steps.add(FencePower).add(GrowStandIn);
            if (isTaken(progress)) steps.add(PowerOffFailedSpare);
            return;
        default:
            return coldWantedSteps(steps, progress);
    }
}

namespace {

void chooseSpare(Operation& operation, const Observation& observation) {
    const bool usable = !operation.spare.empty() && !isIn(operation.failed_spares, operation.spare);
    if (usable) return;
    operation.spare = {};
    for (const auto& spare : observation.spares) {
        if (isIn(operation.failed_spares, spare)) continue;
        operation.spare = spare;
        return;
    }
}

}  // namespace

void enterState(Operation& operation, const Change& change, const Observation& observation) {
    if (change.event == Event::SpareFailed) operation.failed_spares.push_back(operation.spare);
    if (change.event == Event::FurtherSpare) operation.spare = {};
    if (change.to == State::PreparingSpare || change.to == State::ColdPreparingSpare)
        chooseSpare(operation, observation);
}

void redoFailedSpares(Operation& operation) {
    constexpr StepSet done_about_it{LeaseSpare,   ReleaseSpare, PowerOffSpare, RestoreSpare,
                                    IsolateSpare, StartSpare,   ProbeSpare,    PowerOffFailedSpare};
    for (auto& step : operation.steps) {
        if (done_about_it.contains(step->id.name) && isIn(operation.failed_spares, base::SpareName(step->id.subject)))
            step.own().state = StepState::Planned;
    }
}

}  // namespace standin::domain::spare
