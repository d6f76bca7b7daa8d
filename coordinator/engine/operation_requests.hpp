#pragma once

#include <string>

#include "coordinator/engine/failure_reports.hpp"

namespace standin::engine {

/// Requests of operators about operations and jobs. Each is admitted (domain/admission.hpp) or refused with a cure.
class OperationRequests {
  public:
    OperationRequests(EngineState& state, const AdmissionFacts& facts, Decisions& decisions, FailureReports& reports,
                      JobReturns& returns)
        : state_(state), facts_(facts), decisions_(decisions), reports_(reports), returns_(returns) {}

    base::Result<domain::OperationId> request(const OperationRequest& request);
    /// What request() would answer now. Nothing is begun.
    [[nodiscard]] base::Result<void> mayRequest(const OperationRequest& request) const;
    base::Result<void> retry(domain::OperationId id, const std::string& asked_by);
    base::Result<void> confirmFence(domain::OperationId id, const std::string& asked_by);
    /// `discard_data`: close even if that deletes the only copy of the job's writes on its stand-in.
    base::Result<void> close(domain::OperationId id, const std::string& asked_by, bool discard_data = false);
    /// Takes a failover back that has not begun to give the segment (domain/cancel/).
    base::Result<void> cancel(domain::OperationId id, const std::string& asked_by);
    /// Conflict: to switch it on while a failover of the server verifies its failure.
    base::Result<void> setMaintenance(const base::ServerName& server, bool on, const std::string& why,
                                      const std::string& asked_by);
    /// What retry(), cancel(), confirmFence() and close() would answer now.
    [[nodiscard]] base::Result<void> mayRetry(domain::OperationId id) const;
    [[nodiscard]] base::Result<void> mayCancel(domain::OperationId id) const;
    [[nodiscard]] base::Result<void> mayConfirmFence(domain::OperationId id) const;
    [[nodiscard]] base::Result<void> mayClose(domain::OperationId id, bool discard_data) const;
    /// Whether the job may be returned: no failover of the server is running or still orders its segment, among others.
    base::Result<void> mayReturn(const base::ServerName& server, bool discard_data = false);
    base::Result<void> beginReturn(const base::ServerName& server, const std::string& asked_by, bool discard_data,
                                   JobReturns::Answer answer);

  private:
    [[nodiscard]] base::Result<const domain::Operation*> complete(domain::OperationId id) const;
    base::Result<domain::OperationId> failOver(const OperationRequest& request);
    base::Result<void> discardKept(const domain::Operation& closed, const std::string& asked_by);

    EngineState& state_;
    const AdmissionFacts& facts_;
    Decisions& decisions_;
    FailureReports& reports_;
    JobReturns& returns_;
};

}  // namespace standin::engine
