#pragma once

#include "coordinator/engine/operation_requests.hpp"
#include "coordinator/engine/placement_order.hpp"

namespace standin::engine {

/// Handles the watch's findings about jobs that no operation moves. They are still watched after an operation has ended
/// (rule 12).
class JobFindings {
  public:
    JobFindings(EngineState& state, const AdoptionProcess& adoption, const JobReturns& returns, Observer& observer,
                OperationRequests& requests)
        : state_(state), adoption_(adoption), returns_(returns), observer_(observer), requests_(requests) {}

    /// All jobs that no operation moves.
    [[nodiscard]] std::vector<WatchedPlacement> placementsToWatch() const;
    /// Servers with a row in the spare table that execute their jobs themselves.
    [[nodiscard]] std::set<base::ServerName> serversWithTheirJobs() const;

    /// Handles a segment whose owner differs from the journal (nullopt: its switch knows no order). If the journal
    /// places the job on a stand-in or a spare, the segment is ordered for it again. A segment that was found away from
    /// its server is believed.
    void segmentSeen(const WatchedPlacement& looked, const std::optional<protocol::SegmentOrder>& order);
    /// Handles an executor that does not execute its job, or does not answer. This is reported, and the failover is
    /// retried with a spare if there is one, unless the failed server is not off: then a person may be returning the
    /// job to it.
    void executorLost(const WatchedPlacement& looked, const ExecutorLoss& loss);
    /// Orders the request holder's back leg to the job's executor, because it leads elsewhere and the job cannot be
    /// probed. `seen` is in force on the segment.
    void leadBackLeg(const WatchedPlacement& looked, const protocol::SegmentOrder& seen);
    /// Reports a job that does not answer although its machine runs. Nothing else is done: a job that may only be slow
    /// is not fenced (rule 9). False: it is not reported, because the job is elsewhere by now, or an operation moves
    /// it.
    bool jobFellSilent(const WatchedPlacement& looked, const JobSilence& silence);
    void jobAnswersAgain(const WatchedPlacement& looked, base::WallTime since);

  private:
    [[nodiscard]] std::optional<WatchedPlacement> watched(const base::ServerName& server) const;
    /// False: a decision has changed the placement meanwhile.
    [[nodiscard]] bool isStill(const WatchedPlacement& looked) const { return watched(looked.server) == looked; }
    /// True if the same machine executes the job, and no operation moves it.
    [[nodiscard]] bool executesStill(const WatchedPlacement& looked) const;
    void orderAgain(const WatchedPlacement& placed, const protocol::SegmentOrder& order);
    void foundMoved(const base::ServerName& name, const protocol::SegmentOrder& order);

    EngineState& state_;
    const AdoptionProcess& adoption_;
    const JobReturns& returns_;
    Observer& observer_;
    OperationRequests& requests_;
};

}  // namespace standin::engine
