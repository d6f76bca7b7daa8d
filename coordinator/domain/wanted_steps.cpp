#include "coordinator/domain/wanted_steps.hpp"

#include "coordinator/domain/cancel/cancel_phase.hpp"
#include "coordinator/domain/capture/capture_phase.hpp"
#include "coordinator/domain/ends.hpp"
#include "coordinator/domain/handover/handover_phase.hpp"
#include "coordinator/domain/making/making_phase.hpp"
#include "coordinator/domain/spare/spare_phase.hpp"
#include "coordinator/domain/takeover/takeover_phase.hpp"

namespace standin::domain {

StepList& StepList::add(StepName step) {
    steps_.push_back({step, subjectOf(progress_.operation(), step)});
    return *this;
}

StepList& StepList::inOrder(std::initializer_list<StepName> steps) {
    for (StepName step : steps) {
        add(step);
        if (!progress_.done(step)) break;
    }
    return *this;
}

std::vector<StepId> wantedSteps(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    StepList list(progress);
    switch (phaseOf(operation.state)) {
        case Phase::Takeover:
            takeover::wantedSteps(list, progress);
            break;
        case Phase::Spare:
            spare::wantedSteps(list, progress);
            break;
        case Phase::Handover:
            handover::wantedSteps(list, progress);
            break;
        case Phase::Capture:
            capture::wantedSteps(list, progress);
            break;
        case Phase::Cancel:
            cancel::wantedSteps(list, progress);
            break;
        case Phase::Making:
            making::wantedSteps(list, progress);
            break;
        case Phase::Ends:
            ends::wantedSteps(list, progress);
            break;
    }
    std::vector<StepId> steps = list.take();
    for (const Note& note : operation.notes) steps.push_back({StepName::TellOperator, note.topic});
    return steps;
}

}  // namespace standin::domain
