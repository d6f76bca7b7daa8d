#pragma once

#include "agent/base/shared.hpp"
#include "coordinator/engine/overdue.hpp"

namespace standin::engine {

/// Hands steps with durable intents to the executor.
class StepDispatch {
  public:
    StepDispatch(EngineState& state, Containment& containment, OverdueAttempts& attempts)
        : state_(state), containment_(containment), attempts_(attempts) {}

    /// Starts the steps of the batch. Precondition: the batch is durable.
    void dispatchStarts();

  private:
    [[nodiscard]] int priorityOf(domain::OperationId id) const;
    void noteStart(domain::OperationId id, const domain::StepRequest& request);
    void dispatch(const base::Shared<domain::Operation>& operation, const domain::StepRequest& request);

    EngineState& state_;
    Containment& containment_;
    OverdueAttempts& attempts_;
};

}  // namespace standin::engine
