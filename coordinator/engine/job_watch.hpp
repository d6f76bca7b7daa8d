#pragma once

#include <functional>
#include <mutex>

#include "agent/base/name_map.hpp"
#include "coordinator/domain/job_watch.hpp"
#include "coordinator/engine/conductor.hpp"
#include "coordinator/engine/executor_watch.hpp"

namespace standin::engine {

/// Probes the jobs that stand-ins and spares execute in place of their servers, at the jobs' addresses, through the
/// request holder's back leg. A running machine proves nothing about its job.
class JobWatch {
  public:
    using Post = std::function<void(Request)>;

    JobWatch(const Drivers& drivers, const Inventory& inventory, const base::Clock& clock, StatusBoard& board,
             ExecutorWatch& executors, const Post& post)
        : drivers_(drivers), inventory_(inventory), clock_(clock), board_(board), executors_(executors), post_(post) {}

    /// Forgets jobs that are no longer watched; called before each round.
    void keepOnly(const std::vector<WatchedPlacement>& placements);
    /// True if the job can be probed and no probe is under way. The probe then counts as started.
    bool isDue(const WatchedPlacement& placed);
    /// Runs on a thread of the executor. `order` is in force on the segment, and the executor is its owner.
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
