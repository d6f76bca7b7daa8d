#pragma once

#include <map>
#include <optional>
#include <string>

#include "coordinator/engine/engine_state.hpp"
#include "coordinator/engine/job_question.hpp"

namespace standin::engine {

/// A failure that was reported while a capture restarted its server, if the job does not answer afterwards.
struct LateFailure {
    base::ServerName server;
    domain::RestartClaim claim;
    std::string reported;  ///< one sentence about the report
    std::string problem;   ///< the result of probing the job
};

/// Handles failures that are reported while their server is restarted for a capture. They start nothing at once; the
/// job is probed once the restart no longer explains the report. The claims are durable with their captures.
class RestartClaims {
  public:
    explicit RestartClaims(EngineState& state) : state_(state) {}

    void recover();
    /// Why a failure report of the server starts nothing now; empty: no capture restarts the server.
    [[nodiscard]] std::string restartOf(const base::ServerName& server) const;
    void keep(const domain::FailureReport& report);

    /// Ends claims that no longer matter, and probes that are overdue.
    void settle();
    /// Dispatches due probes. Precondition: the batch is durable.
    void dispatch();
    /// When the next claim has to be probed or given up.
    [[nodiscard]] std::optional<base::WallTime> next() const;
    /// Reports the result of a claim to the log, the audit and the operator.
    void report(drivers::Notification::Kind kind, const base::ServerName& server, const std::string& reported,
                const std::string& outcome);
    void drop() { claims_.clear(); }

  private:
    struct Claim {
        domain::OperationId capture = 0;
        unsigned asked = 0;
        base::WallTime due{};        ///< earliest time of the next probe
        std::uint64_t question = 0;  ///< the sequence of the running probe; 0: none
        Executor::Ticket ticket = 0;
        base::WallTime look_at{};  ///< when the probe has to have been answered
    };

    [[nodiscard]] bool provesStandIn(const base::ServerName& server) const;
    [[nodiscard]] std::optional<base::WallTime> dueAt(const base::ServerName& server, const Claim& its) const;
    JobQuestion questionFor(const base::ServerName& server);
    /// Takes a probe's result. Returns the failure if the job was probed and does not answer.
    std::optional<LateFailure> take(const base::ServerName& server, std::uint64_t question,
                                    const JobTestimony& testimony);
    void end(const base::ServerName& server);

    EngineState& state_;
    std::map<base::ServerName, Claim> claims_;
};

}  // namespace standin::engine
