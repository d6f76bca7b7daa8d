#pragma once

#include <initializer_list>
#include <vector>

#include "coordinator/domain/operation_progress.hpp"

namespace standin::domain {

/// The steps that the operation's state wants now, in accordance with their dependencies, including steps that are
/// already started. Each phase has its part of this in its directory; state.cpp lists which steps a state may want at
/// all.
std::vector<StepId> wantedSteps(const OperationProgress& progress);

/// Collects wanted steps by their names.
class StepList {
  public:
    explicit StepList(const OperationProgress& progress) : progress_(progress) {
        steps_.reserve(8);  // more than most states want
    }
    StepList& add(StepName step);
    /// Adds each of these steps only once those before it are done.
    StepList& inOrder(std::initializer_list<StepName> steps);
    StepList& fences() { return add(StepName::FencePort).add(StepName::FencePower); }
    std::vector<StepId> take() { return std::move(steps_); }

  private:
    const OperationProgress& progress_;
    std::vector<StepId> steps_;
};

}  // namespace standin::domain
