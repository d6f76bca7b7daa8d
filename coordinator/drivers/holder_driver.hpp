#pragma once

#include "agent/protocol/hold.hpp"
#include "coordinator/drivers/deadline.hpp"

namespace standin::drivers {

/// The request holder: holds and releases a job's requests, and probes the machine in quarantine behind its back leg.
/// Its jobs are named after their segments.
class HolderDriver {
  public:
    virtual ~HolderDriver() = default;

    virtual base::Result<protocol::Hold> hold(const base::JobName& job, Deadline deadline) = 0;
    virtual base::Result<protocol::Hold> setHold(const protocol::CommandStamp& stamp, const base::JobName& job,
                                                 protocol::HoldState state, Deadline deadline) = 0;
    /// No answer within request.deadline_ms is a result (`answered: false`), not an error.
    virtual base::Result<protocol::ProbeAnswer> probe(const base::JobName& job, const protocol::ProbeRequest& request,
                                                      Deadline deadline) = 0;
};

}  // namespace standin::drivers
