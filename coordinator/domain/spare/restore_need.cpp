#include "coordinator/domain/spare/restore_need.hpp"

namespace standin::domain {

RestoreNeed restoreNeedOf(const Operation& operation) {
    if (operation.state != State::PreparingSpare && operation.state != State::ColdPreparingSpare)
        return RestoreNeed::None;
    const auto stateOf = [&operation](StepName name) {
        const Step* step = operation.find(name, operation.spare.text());
        return step == nullptr ? StepState::Planned : step->state;
    };
    for (const StepName before : {StepName::LeaseSpare, StepName::ReleaseSpare, StepName::PowerOffSpare}) {
        if (stateOf(before) != StepState::Done) return RestoreNeed::None;
    }
    switch (stateOf(StepName::RestoreSpare)) {
        case StepState::Planned:
            return RestoreNeed::Turn;
        case StepState::Done:
            return RestoreNeed::None;
        case StepState::Running:
        case StepState::Polling:
        case StepState::Unknown:
        case StepState::Failed:  // and it will be tried again, or the operation has left this state
            return RestoreNeed::UnderWay;
    }
    return RestoreNeed::None;
}

}  // namespace standin::domain
