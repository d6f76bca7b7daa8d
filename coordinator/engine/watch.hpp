#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/executor_watch.hpp"
#include "coordinator/engine/identity_watch.hpp"
#include "coordinator/engine/job_watch.hpp"

namespace standin::engine {

/// Observes the world periodically, off the critical path. It checks the agents' health, whether stand-ins marked as
/// ready still are (rule 7), and whether every job is where the journal says: its segment's owner, its executor, and
/// whether it answers there (rule 12). Findings are posted to the engine's thread as requests.
class Watch {
  public:
    using Post = std::function<void(Request)>;

    explicit Watch(const ConductorParts& parts);

    /// Starts a round for each agent whose last round is over, so that an agent that hangs does not delay the others.
    /// Called on the engine's thread.
    void look(Conductor& conductor);

  private:
    struct Round {
        std::atomic<int> under_way{0};
        std::atomic<bool> silent{false};
    };
    void lookFirst(Conductor& conductor);
    void lookAtSegmentsFirst(const std::vector<WatchedPlacement>& placements);
    void begin(const base::AgentName& agent, std::function<void()> look);
    /// Claims the agent, so that it refuses older coordinators from now on, and a newer one is detected even if no
    /// command is sent.
    base::Result<void> claimAt(const base::AgentName& name);
    void lookAtAgent(const base::AgentName& name);
    void lookAtStandIn(const domain::SpareTableRow& row);
    void lookAtImage(const domain::SpareTableRow& row);
    void lookAtObstacle(const BlockedFailover& blocked);
    void lookAtSegment(const WatchedPlacement& placed);
    void lookAtJob(const WatchedPlacement& placed, const protocol::SegmentOrder& order);
    void lookAtExecutor(const WatchedPlacement& placed);
    /// Checks whether the rows' spares could be restored from their images now.
    void lookAtSpares(const base::AgentName& image_store, const std::vector<domain::SpareTableRow>& rows);

    const Inventory& inventory_;
    const Drivers& drivers_;
    Executor& executor_;
    const base::Clock& clock_;
    StatusBoard& board_;
    EventSink& events_;
    Post post_;
    ExecutorWatch executors_;
    JobWatch jobs_;
    IdentityWatch identities_;
    std::map<base::AgentName, std::shared_ptr<Round>> rounds_;
    bool has_looked_ = false;
    std::set<base::AgentName> beginning_;  ///< agents whose round the present look() has started
};

}  // namespace standin::engine
