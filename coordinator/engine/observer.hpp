#pragma once

#include "coordinator/engine/turns.hpp"

namespace standin::engine {

/// Finds out what decide() has to know beside the operation.
class Observer {
  public:
    Observer(const EngineState& state, const Turns& turns) : state_(state), turns_(turns) {}

    /// Valid until the next call.
    const domain::Observation& observe(const domain::Operation& operation);

  private:
    /// What was observed for a server's operation, and of what it holds until that changes.
    struct Seen {
        domain::Observation observation;
        domain::OperationId operation = 0;
        base::SpareName spare;
        std::size_t failed_spares = 0;
        std::uint64_t lease_changes = 0;
    };

    void observeSpares(const domain::Operation& operation, domain::Observation& observation) const;

    const EngineState& state_;
    const Turns& turns_;
    base::NameMap<base::ServerName, Seen> seen_;
};

}  // namespace standin::engine
