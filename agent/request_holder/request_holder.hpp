#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/base/log.hpp"
#include "agent/http/capability.hpp"
#include "agent/http/metrics.hpp"
#include "agent/request_holder/job_holder.hpp"

namespace standin::request_holder {

/// The capability `request_holder`: holds jobs' requests while no machine may process them and releases them in the
/// order of their arrival (S223, S227). One JobHolder per job; jobs are independent of each other.
///
///     GET  /v1/jobs, /v1/jobs/{job}
///     PUT  /v1/jobs/{job}          {"state": "idle|holding|releasing"}
///     POST /v1/jobs/{job}/probes   {"leg": "back", "probe": {…}, "deadline_ms": 5000}
class RequestHolder final : public http::Capability {
  public:
    /// The jobs' commanded states are kept in `state_dir`, as `hold-<job>`.
    RequestHolder(const RequestHolderSettings& settings, const std::string& agent_name, const std::string& state_dir,
                  http::Metrics& metrics, base::Log log);
    ~RequestHolder() override;

    [[nodiscard]] std::string name() const override { return "request_holder"; }
    /// Starts all jobs. InvalidInput: their limits need more open files than this process may have.
    /// A job whose interfaces are missing does not prevent the others from working: health reports it.
    base::Result<void> start() override;
    void stop() override;
    void addRoutes(http::Router& router) override;
    void checkHealth(protocol::Health& health) override;

  private:
    base::Result<JobHolder*> job(const http::Request& request);
    base::Result<http::Response> list();
    base::Result<http::Response> change(const http::Request& request);
    base::Result<http::Response> probe(const http::Request& request);
    void refresh(http::Metrics& metrics);

    const base::Log log_;
    base::Result<void> fits_;  // the jobs' limits into what this process may open
    std::vector<std::unique_ptr<JobHolder>> jobs_;
    std::mutex counted_mutex_;
    std::vector<HolderTotals> counted_;  // per job: what the metrics have already counted
};

}  // namespace standin::request_holder
