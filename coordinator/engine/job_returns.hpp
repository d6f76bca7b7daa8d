#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "coordinator/domain/admission.hpp"
#include "coordinator/engine/engine_state.hpp"
#include "coordinator/engine/return_order.hpp"

namespace standin::engine {

/// Returns jobs to their servers on an operator's request. First the intent is made durable, then the segment is
/// ordered, then the result is made durable. A restarted coordinator finishes the returns that it finds in the journal.
class JobReturns {
  public:
    /// Called with the result; not before the commit, and not with success unless the commit succeeded.
    using Answer = std::function<void(const base::Result<void>& done)>;

    explicit JobReturns(EngineState& state) : state_(state) {}

    /// Continues the returns that the journal holds.
    void recover();
    /// Precondition: domain::mayReturn().
    void begin(const base::ServerName& server, const std::string& asked_by, Answer answer);
    [[nodiscard]] bool isUnderWay(const base::ServerName& server) const { return returns_.count(server) > 0; }
    [[nodiscard]] std::optional<domain::ReturnUnderWay> underWay(const base::ServerName& server) const;
    /// Gives up the server's return because the server has failed.
    void abandon(const base::ServerName& server, const base::Error& why);

    /// Dispatches due attempts. Precondition: the batch is durable, intents included.
    void dispatch();
    /// Handles attempts that have not reported in time: it is not known whether the segment was given.
    void lookAfter();
    [[nodiscard]] std::optional<base::WallTime> next() const;
    /// Gives up all returns; their callers get `why`.
    void drop(const base::Error& why);

  private:
    /// A return whose intent is durable (in the placement) and whose end is not known.
    struct JobReturn {
        domain::ReturnUnderWay asked;
        std::vector<domain::HeldWrites> lost;  ///< the writes that the server lacks, as the operator has agreed
        Answer answer;                         ///< empty after a restart
        base::WallTime since{};
        base::WallTime due{};
        std::uint64_t attempt = 0;  ///< the sequence of the running attempt; 0: none
        Executor::Ticket ticket = 0;
        base::WallTime look_at{};  ///< when the attempt has to have reported
        bool claims_first = false;
        bool in_doubt = false;  ///< the segment may have been given, or may still be
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
