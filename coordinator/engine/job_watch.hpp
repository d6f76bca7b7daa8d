#pragma once

#include <functional>
#include <mutex>

#include "agent/base/name_map.hpp"
#include "coordinator/domain/job_watch.hpp"
#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/executor_watch.hpp"

namespace standin::engine {

/// Asks the jobs that stand-ins and spares execute in their servers' place whether they answer, at their addresses, by
/// the request holder's back leg. A machine that runs says nothing about its job.
class JobWatch {
  public:
    using Post = std::function<void(Request)>;

    JobWatch(const Drivers& drivers, const Inventory& inventory, const base::Clock& clock, StatusBoard& board,
             ExecutorWatch& executors, const Post& post)
        : drivers_(drivers), inventory_(inventory), clock_(clock), board_(board), executors_(executors), post_(post) {}

    /// Of jobs that are not watched now nothing is known; called before each round.
    void keepOnly(const std::vector<WatchedPlacement>& placements);
    /// Somebody can ask it, and no question is under way. Counts as asked.
    bool isDue(const WatchedPlacement& placed);
    /// On a thread of the executor. `order` is in force on its segment, and the executor owns that.
    void look(const WatchedPlacement& placed, const protocol::SegmentOrder& order);

  private:
    struct Looks {
        domain::Placement placement;
        domain::JobLooks answers;
        base::SteadyTime asked{};
        bool looking = false;
    };
    Looks& looksOf(const WatchedPlacement& placed);
    void ask(const WatchedPlacement& placed, const protocol::SegmentOrder& order);
    void tellSilence(const WatchedPlacement& placed, const std::string& problem, base::WallTime since);

    const Drivers& drivers_;
    const Inventory& inventory_;
    const base::Clock& clock_;
    StatusBoard& board_;
    ExecutorWatch& executors_;
    const Post& post_;
    std::mutex mutex_;
    base::NameMap<base::ServerName, Looks> looks_;
};

}  // namespace standin::engine
