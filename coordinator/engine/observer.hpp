#pragma once

#include "coordinator/engine/turns.hpp"

namespace standin::engine {

/// Collects the observation that decide() needs besides the operation.
class Observer {
  public:
    Observer(const EngineState& state, const Turns& turns) : state_(state), turns_(turns) {}

    /// The result is valid until the next call.
    const domain::Observation& observe(const domain::Operation& operation);

  private:
    /// The observation for a server's operation, and the versions of the state that it is valid for.
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
