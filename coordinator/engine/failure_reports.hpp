#pragma once

#include <map>
#include <string>
#include <utility>

#include "coordinator/engine/admission_facts.hpp"
#include "coordinator/engine/decisions.hpp"
#include "coordinator/engine/restart_claims.hpp"

namespace standin::engine {

/// Handles failure reports: each one opens a failover, joins an open one, or is refused with a reason.
class FailureReports {
  public:
    FailureReports(EngineState& state, const AdmissionFacts& facts, Decisions& decisions, AdoptionProcess& adoption,
                   RestartClaims& claims)
        : state_(state), facts_(facts), decisions_(decisions), adoption_(adoption), claims_(claims) {}

    Engine::ReportOutcome report(const domain::FailureReport& report);
    /// The result that the report would have; nothing is started, reported or counted.
    [[nodiscard]] Engine::ReportOutcome foresee(const domain::FailureReport& report) const;
    void failOverLate(const LateFailure& late);

  private:
    void joinUnconfirmed(domain::Operation& failover, const domain::FailureReport& report);
    void refuse(const domain::FailureReport& report, const std::string& reason);
    domain::OperationId openFailover(const domain::FailureReport& report, base::WallTime failure_at);

    EngineState& state_;
    const AdmissionFacts& facts_;
    Decisions& decisions_;
    AdoptionProcess& adoption_;
    RestartClaims& claims_;
    std::map<base::ServerName, std::pair<std::string, base::WallTime>> reported_refusals_;
};

}  // namespace standin::engine
