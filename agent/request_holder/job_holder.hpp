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

/// One job's request holder: its legs and one thread that lives in the back leg's namespace and carries all of the
/// job's connections, so that a job's flood cannot hold up another job and nothing is locked. Calls come from any
/// thread.
class JobHolder {
  public:
    /// `state_file` remembers the commanded state over a restart, durably; empty: it is not remembered.
    JobHolder(JobSettings settings, const std::string& agent_name, std::string state_file, base::Log log);
    ~JobHolder();
    JobHolder(const JobHolder&) = delete;
    JobHolder& operator=(const JobHolder&) = delete;

    /// Brings the legs up. On an error the job is not ready; change() and probe() try again.
    Result<void> start();
    /// Closes every connection visibly and hands the interfaces back.
    void stop();

    /// Absolute and idempotent. To `idle` while requests are held that nobody could process (never released):
    /// WrongState, for they would be lost; after `releasing`, what is still held goes on being delivered.
    Result<protocol::Hold> change(protocol::HoldState state);
    Result<HolderStatus> status();  ///< also of a job that is not ready: `idle`

    /// Begins to ask the job over the back leg; the answer comes when it answers or the deadline passes (or at stop()).
    /// Unsupported over the front leg, which has the job's address itself. Conflict: too many probes at once.
    Result<std::future<protocol::ProbeAnswer>> probe(const protocol::ProbeRequest& request);

    [[nodiscard]] std::vector<protocol::HealthCheck> checks();
    [[nodiscard]] const JobSettings& settings() const { return settings_; }

  private:
    /// Legs up and thread running, also after something happened to them.
    Result<std::shared_ptr<JobEngine>> ready();
    void resumeState(JobEngine& engine) const;
    Result<protocol::Hold> remember(Result<protocol::Hold> changed) const;
    [[nodiscard]] std::shared_ptr<JobEngine> running();

    const JobSettings settings_;
    const std::string state_file_;
    const base::Log log_;
    std::mutex command_mutex_;  // one change after the other, each remembered before the next
    std::mutex mutex_;          // of the following
    Leg front_;
    Leg back_;
    std::shared_ptr<JobEngine> engine_;
    bool stopped_ = false;
};

}  // namespace standin::request_holder
