#pragma once

#include <map>
#include <optional>
#include <string>

#include "coordinator/engine/engine_state.hpp"
#include "coordinator/engine/job_question.hpp"

namespace standin::engine {

/// A failure that was reported while a capture restarted its server, and whose job does not answer afterwards.
struct LateFailure {
    base::ServerName server;
    domain::RestartClaim claim;
    std::string reported;  ///< one sentence about the report
    std::string problem;   ///< of the question to the job
};

/// Failures that are reported while their server is restarted for a capture: they start nothing at once, and its job is
/// asked as soon as the restart does not account for them any more. They are durable with their captures.
class RestartClaims {
  public:
    explicit RestartClaims(EngineState& state) : state_(state) {}

    void recover();
    /// Why a failure of the server is none now; empty: no capture restarts it.
    [[nodiscard]] std::string restartOf(const base::ServerName& server) const;
    void keep(const domain::FailureReport& report);

    /// Claims that no longer matter, and questions that have not been answered in time.
    void settle();
    /// Precondition: what was gathered is durable.
    void dispatch();
    /// When one has to be asked, or to be given up.
    [[nodiscard]] std::optional<base::WallTime> next() const;
    /// What has become of a claim, to the log, the audit and the operator.
    void report(drivers::Notification::Kind kind, const base::ServerName& server, const std::string& reported,
                const std::string& outcome);
    void drop() { claims_.clear(); }

  private:
    struct Claim {
        domain::OperationId capture = 0;
        unsigned asked = 0;
        base::WallTime due{};        ///< at the earliest
        std::uint64_t question = 0;  ///< the sequence of the one that is under way; 0: none is
        Executor::Ticket ticket = 0;
        base::WallTime look_at{};  ///< when it has to have been answered
    };

    [[nodiscard]] bool provesStandIn(const base::ServerName& server) const;
    [[nodiscard]] std::optional<base::WallTime> dueAt(const base::ServerName& server, const Claim& its) const;
    JobQuestion questionFor(const base::ServerName& server);
    /// The failure, if the job was asked and does not answer.
    std::optional<LateFailure> take(const base::ServerName& server, std::uint64_t question,
                                    const JobTestimony& testimony);
    void end(const base::ServerName& server);

    EngineState& state_;
    std::map<base::ServerName, Claim> claims_;
};

}  // namespace standin::engine
