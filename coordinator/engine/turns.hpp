#pragma once

#include <functional>
#include <set>

#include "coordinator/engine/engine_state.hpp"
#include "coordinator/engine/restore_scheduler.hpp"

namespace standin::engine {

/// Which failovers may restore, and which captures may switch their servers off, now.
class Turns {
  public:
    explicit Turns(EngineState& state) : state_(state) {}

    /// Updates what a changed operation wants; that follows from the operation alone.
    void note(const domain::Operation& operation);
    void noteRestore(const domain::Operation& operation);
    /// The operation wants no restore any more.
    void leave(domain::OperationId id) { restores_.leave(id); }
    [[nodiscard]] bool mayRestore(const domain::Operation& operation) const { return restores_.hasTurn(operation.id); }
    [[nodiscard]] bool mayCapture(const domain::Operation& operation) const;

    /// Assigns turns at the end of a batch, so that the most urgent operation comes first. `advance` decides on an
    /// operation.
    void give(const std::function<void(domain::OperationId)>& advance);
    /// Posts the queues to the status board if they have changed.
    void post();

  private:
    void noteCapture(const domain::Operation& operation);
    void wait(RestoreScheduler& queue, const domain::Operation& operation, const RestoreScheduler::Claim& claim);
    void publishWaiting(domain::OperationId id);

    EngineState& state_;
    RestoreScheduler restores_{state_.inventory.restores_at_once, default_restores_at_once};
    RestoreScheduler captures_{state_.inventory.captures_at_once, default_captures_at_once};
    std::set<domain::OperationId> waits_;  ///< since the present batch
};

}  // namespace standin::engine
