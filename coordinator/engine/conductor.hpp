#pragma once

#include <set>
#include <string>
#include <vector>

#include "coordinator/engine/blocked_failovers.hpp"
#include "coordinator/engine/job_findings.hpp"
#include "coordinator/engine/startup_check.hpp"
#include "coordinator/engine/step_dispatch.hpp"
#include "coordinator/engine/table_requests.hpp"

namespace standin::engine {

/// The engine without its thread. It takes inputs in batches, decides on the operations concerned, makes the decisions
/// durable and dispatches the steps. Used by one thread at a time. Each part of its state and each of its tasks has an
/// owner, which requests call directly.
class Conductor {
  public:
    explicit Conductor(ConductorParts parts);

    /// Called before recover() if there is a watch.
    void expectStartupCheck() { startup_check_.expect(); }
    /// Opens the journal and continues the operations found in it.
    base::Result<void> recover();
    void handle(std::vector<Input> inputs);
    /// When handle({}) has work to do even without input.
    [[nodiscard]] std::optional<base::WallTime> nextWake() const;
    [[nodiscard]] base::WallTime now() const { return state_.now(); }

    [[nodiscard]] bool leads() const { return state_.leadership.leads(); }
    void depose(const std::string& why) { state_.leadership.depose(why); }
    /// Gives up all pending returns; their callers get `why`.
    void abandonReturns(const base::Error& why) { returns_.drop(why); }

    // For use within a Request.
    Leadership& leadership() { return state_.leadership; }
    Batch& batch() { return state_.batch; }
    SparePool& spares() { return state_.spares; }
    MaintenanceList& maintenance() { return state_.maintenance; }
    SiteRestraints& restraints() { return state_.restraints; }
    FailureReports& reports() { return reports_; }
    OperationRequests& requests() { return requests_; }
    TableRequests& table() { return table_; }
    AdoptionProcess& adoption() { return adoption_; }
    JobReturns& returns() { return returns_; }
    RestartClaims& claims() { return claims_; }
    StartupCheck& startupCheck() { return startup_check_; }
    JobFindings& jobs() { return jobs_; }
    BlockedFailovers& blocked() { return blocked_; }

  private:
    void recover(std::vector<domain::Operation> operations,
                 const std::map<domain::OperationId, std::uint32_t>& next_lines);
    void announce();
    void take(Input& input);
    void takeOutcome(const StepOutcome& outcome);
    void takeReport(const ReportInput& input);
    void reportUnhandled(const ReportInput* report, const std::string& why);
    void finishBatch();
    void turnAway(const std::vector<Input>& inputs) const;
    void drop(const base::Error& problem);

    EngineState state_;
    AdoptionProcess adoption_{state_};
    JobReturns returns_{state_};
    RestartClaims claims_{state_};
    StartupCheck startup_check_{state_};
    Turns turns_{state_};
    Observer observer_{state_, turns_};
    Containment containment_{state_, turns_};
    Decisions decisions_{state_, turns_, observer_, containment_, returns_};
    OverdueAttempts attempts_{state_, decisions_};
    StepDispatch dispatch_{state_, containment_, attempts_};
    AdmissionFacts facts_{state_, adoption_, returns_};
    FailureReports reports_{state_, facts_, decisions_, adoption_, claims_};
    OperationRequests requests_{state_, facts_, decisions_, reports_, returns_};
    TableRequests table_{state_, facts_, requests_};
    JobFindings jobs_{state_, adoption_, returns_, observer_, requests_};
    BlockedFailovers blocked_{state_, facts_, containment_, requests_};
};

}  // namespace standin::engine
