#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/base/log.hpp"
#include "agent/protocol/hold.hpp"
#include "agent/request_holder/holder_status.hpp"
#include "agent/request_holder/network/leg.hpp"
#include "agent/request_holder/request_holder_settings.hpp"

namespace standin::request_holder {

class JobEngine;

/// One job's request holder: its legs, and one thread in the back leg's namespace that serves all of the job's
/// connections, so that a flood of requests to one job does not affect another job and no locks are needed.
/// Thread-safe.
class JobHolder {
  public:
    /// `state_file` keeps the commanded state durably over a restart; empty: it is not kept.
    JobHolder(JobSettings settings, const std::string& agent_name, std::string state_file, base::Log log);
    ~JobHolder();
    JobHolder(const JobHolder&) = delete;
    JobHolder& operator=(const JobHolder&) = delete;

    /// Brings the legs up. After an error the job is not ready; change() and probe() try again.
    Result<void> start();
    /// Closes every connection visibly and returns the interfaces.
    void stop();

    /// Absolute and idempotent. WrongState: to `idle` while requests are held that no machine could process (never
    /// released), because they would be lost. After `releasing`, held requests continue to be delivered.
    Result<protocol::Hold> change(protocol::HoldState state);
    Result<HolderStatus> status();  ///< also for a job that is not ready: `idle`

    /// Starts to probe the job over the back leg; the result comes when the job answers or the deadline passes (or at
    /// stop()). Unsupported over the front leg, which has the job's address itself. Conflict: too many probes at once.
    Result<std::future<protocol::ProbeAnswer>> probe(const protocol::ProbeRequest& request);

    [[nodiscard]] std::vector<protocol::HealthCheck> checks();
    [[nodiscard]] const JobSettings& settings() const { return settings_; }

  private:
    /// The engine, with legs up and thread running; brings them up again if necessary.
    Result<std::shared_ptr<JobEngine>> ready();
    void resumeState(JobEngine& engine) const;
    Result<protocol::Hold> remember(Result<protocol::Hold> changed) const;
    [[nodiscard]] std::shared_ptr<JobEngine> running();

    const JobSettings settings_;
    const std::string state_file_;
    const base::Log log_;
    std::mutex command_mutex_;  // one change after the other, each stored before the next
    std::mutex mutex_;          // guards the members below
    Leg front_;
    Leg back_;
    std::shared_ptr<JobEngine> engine_;
    bool stopped_ = false;
};

}  // namespace standin::request_holder
