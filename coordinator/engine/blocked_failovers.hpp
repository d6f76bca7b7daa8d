#pragma once

#include <map>

#include "coordinator/engine/operation_requests.hpp"
#include "coordinator/engine/placement_order.hpp"

namespace standin::engine {

/// Failovers that need the operator because an agent did not answer. They are retried when it answers again.
class BlockedFailovers {
  public:
    BlockedFailovers(EngineState& state, const AdmissionFacts& facts, const Containment& containment,
                     OperationRequests& requests)
        : state_(state), facts_(facts), containment_(containment), requests_(requests) {}

    /// The failovers whose agents are due to be asked again.
    [[nodiscard]] std::vector<BlockedFailover> due();
    void obstacleGone(const BlockedFailover& looked);

  private:
    /// Automatic retries of a failover.
    struct Retries {
        unsigned number = 0;
        base::WallTime next{};
    };

    EngineState& state_;
    const AdmissionFacts& facts_;
    const Containment& containment_;
    OperationRequests& requests_;
    std::map<domain::OperationId, Retries> retries_;
};

}  // namespace standin::engine
