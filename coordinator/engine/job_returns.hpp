#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "coordinator/domain/admission.hpp"
#include "coordinator/engine/engine_state.hpp"
#include "coordinator/engine/return_order.hpp"

namespace standin::engine {

/// Jobs that an operator brings back to their servers: the intent is durable first, then the segment is ordered, then
/// the result is durable. A coordinator that is started again finishes what it finds begun.
class JobReturns {
  public:
    /// Gets the result; not before, nor without, success of the commit.
    using Answer = std::function<void(const base::Result<void>& done)>;

    explicit JobReturns(EngineState& state) : state_(state) {}

    /// What the journal says is begun.
    void recover();
    /// Precondition: domain::mayReturn().
    void begin(const base::ServerName& server, const std::string& asked_by, Answer answer);
    [[nodiscard]] bool isUnderWay(const base::ServerName& server) const { return returns_.count(server) > 0; }
    [[nodiscard]] std::optional<domain::ReturnUnderWay> underWay(const base::ServerName& server) const;
    /// The server has failed.
    void abandon(const base::ServerName& server, const base::Error& why);

    /// Precondition: what was gathered is durable, intents among it.
    void dispatch();
    /// Attempts that have not reported in time: whether the segment was given is not known.
    void lookAfter();
    [[nodiscard]] std::optional<base::WallTime> next() const;
    /// Nobody waits for them any longer.
    void drop(const base::Error& why);

  private:
    /// Intended (the placement says so, durably) and not known to have ended.
    struct JobReturn {
        domain::ReturnUnderWay asked;
        std::vector<domain::HeldWrites> lost;  ///< what the server goes on without, as the operator has agreed
        Answer answer;                         ///< nobody's, after a restart
        base::WallTime since{};
        base::WallTime due{};
        std::uint64_t attempt = 0;  ///< the sequence of the one that is under way; 0: none is
        Executor::Ticket ticket = 0;
        base::WallTime look_at{};  ///< when it has to have reported
        bool claims_first = false;
        bool in_doubt = false;  ///< the segment may have been given, or may yet be
    };

    JobReturn& intend(const base::ServerName& server, const std::string& asked_by);
    [[nodiscard]] ReturnAttempt attemptOf(const base::ServerName& server, const JobReturn& its) const;
    void take(const base::ServerName& server, std::uint64_t attempt, const ReturnOutcome& outcome);
    void doubt(const base::ServerName& server, JobReturn& its, const std::string& problem);
    void end(const base::ServerName& server, const base::Result<void>& done);

    EngineState& state_;
    std::map<base::ServerName, JobReturn> returns_;
};

}  // namespace standin::engine
