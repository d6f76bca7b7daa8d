#pragma once

#include <initializer_list>
#include <vector>

#include "coordinator/domain/operation_progress.hpp"

namespace standin::domain {

/// The steps that the operation's state wants now, dependencies respected, whether started already or not. Which steps
/// a state may want at all is in state.cpp; each phase has its own part of this in its directory.
std::vector<StepId> wantedSteps(const OperationProgress& progress);

/// Collects wanted steps by their names.
class StepList {
  public:
    explicit StepList(const OperationProgress& progress) : progress_(progress) {
        steps_.reserve(8);  // more than most states want
    }
    StepList& add(StepName step);
    /// Each only once those before it are done.
    StepList& inOrder(std::initializer_list<StepName> steps);
    StepList& fences() { return add(StepName::FencePort).add(StepName::FencePower); }
    std::vector<StepId> take() { return std::move(steps_); }

  private:
    const OperationProgress& progress_;
    std::vector<StepId> steps_;
};

}  // namespace standin::domain
