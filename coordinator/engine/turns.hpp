#pragma once

#include <functional>
#include <set>

#include "coordinator/engine/engine_state.hpp"
#include "coordinator/engine/restore_scheduler.hpp"

namespace standin::engine {

/// Which failovers may restore and which captures may switch their servers off now.
class Turns {
  public:
    explicit Turns(EngineState& state) : state_(state) {}

    /// What the operation wants follows from it alone, whenever it has changed.
    void note(const domain::Operation& operation);
    void noteRestore(const domain::Operation& operation);
    /// It wants nothing, as far as restores go.
    void leave(domain::OperationId id) { restores_.leave(id); }
    [[nodiscard]] bool mayRestore(const domain::Operation& operation) const { return restores_.hasTurn(operation.id); }
    [[nodiscard]] bool mayCapture(const domain::Operation& operation) const;

    /// After everything that a batch is about: so the most urgent operation comes first. `advance` decides on one.
    void give(const std::function<void(domain::OperationId)>& advance);
    /// The queues to the board, if they have changed.
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
