#include "coordinator/domain/enter_state.hpp"

#include "coordinator/domain/cancel/cancel_phase.hpp"
#include "coordinator/domain/handover/handover_phase.hpp"
#include "coordinator/domain/making/making_phase.hpp"
#include "coordinator/domain/spare/spare_phase.hpp"
#include "coordinator/domain/takeover/takeover_phase.hpp"

namespace standin::domain {

namespace {

void enterStateOf(Phase phase, Operation& operation, const Change& change, const Observation& observation) {
    switch (phase) {
        case Phase::Takeover:
            return takeover::enterState(operation, change);
        case Phase::Spare:
            return spare::enterState(operation, change, observation);
        case Phase::Handover:
            return handover::enterState(operation, change);
        case Phase::Making:
            return making::enterState(operation, change);
        case Phase::Cancel:
            return cancel::enterState(operation, change);
        case Phase::Capture:
        case Phase::Ends:
            return;
    }
}

}  // namespace

void redo(Operation& operation, StepSet steps) {
    for (auto& step : operation.steps) {
        if (steps.contains(step->id.name)) step.own().state = StepState::Planned;
    }
}

void enterState(Operation& operation, const Change& change, const Observation& observation) {
    const Phase left = phaseOf(change.from);
    const Phase entered = phaseOf(change.to);
    enterStateOf(left, operation, change, observation);
    if (entered != left) enterStateOf(entered, operation, change, observation);
}

}  // namespace standin::domain
