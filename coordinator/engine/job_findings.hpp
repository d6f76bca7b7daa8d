#pragma once

#include "coordinator/engine/operation_requests.hpp"
#include "coordinator/engine/placement_order.hpp"

namespace standin::engine {

/// What the watch finds out about jobs that no operation moves: after an end they are still watched (rule 12).
class JobFindings {
  public:
    JobFindings(EngineState& state, const AdoptionProcess& adoption, const JobReturns& returns, Observer& observer,
                OperationRequests& requests)
        : state_(state), adoption_(adoption), returns_(returns), observer_(observer), requests_(requests) {}

    /// Every job that no operation moves.
    [[nodiscard]] std::vector<WatchedPlacement> placementsToWatch() const;
    /// Those with a row that execute their jobs themselves.
    [[nodiscard]] std::set<base::ServerName> serversWithTheirJobs() const;

    /// The segment's owner is another one than the journal says (nothing: its switch knows of no order). The job that
    /// is placed on a stand-in or a spare gets it again; a segment that was found away from its server is believed.
    void segmentSeen(const WatchedPlacement& looked, const std::optional<protocol::SegmentOrder>& order);
    /// The job's executor does not execute it, or is silent: that is reported, and the failover retried with a
    /// spare if there is one, unless the failed server is not off: then a person may be bringing the job back to it.
    void executorLost(const WatchedPlacement& looked, const ExecutorLoss& loss);
    /// The request holder's back leg does not lead to the job's executor, so the job cannot be asked: it is led there.
    /// `seen` is in force on the segment.
    void leadBackLeg(const WatchedPlacement& looked, const protocol::SegmentOrder& seen);
    /// Its machine runs and it does not answer. That is reported, and nothing is done: a slow job is not fenced for it
    /// (rule 9).
    void jobFellSilent(const WatchedPlacement& looked, const JobSilence& silence);
    void jobAnswersAgain(const WatchedPlacement& looked, base::WallTime since);

  private:
    [[nodiscard]] std::optional<WatchedPlacement> watched(const base::ServerName& server) const;
    /// False: it was decided otherwise meanwhile.
    [[nodiscard]] bool isStill(const WatchedPlacement& looked) const { return watched(looked.server) == looked; }
    void orderAgain(const WatchedPlacement& placed, const protocol::SegmentOrder& order);
    void foundMoved(const base::ServerName& name, const protocol::SegmentOrder& order);

    EngineState& state_;
    const AdoptionProcess& adoption_;
    const JobReturns& returns_;
    Observer& observer_;
    OperationRequests& requests_;
};

}  // namespace standin::engine
