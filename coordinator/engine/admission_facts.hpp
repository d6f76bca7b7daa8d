#pragma once

#include "coordinator/domain/admission.hpp"
#include "coordinator/engine/adoption_process.hpp"
#include "coordinator/engine/job_returns.hpp"

namespace standin::engine {

/// Collects the facts that domain/admission.hpp decides on. They are valid until the state changes.
class AdmissionFacts {
  public:
    AdmissionFacts(const EngineState& state, const AdoptionProcess& adoption, const JobReturns& returns)
        : state_(state), adoption_(adoption), returns_(returns) {}

    /// The facts about a name that may not belong to a server.
    [[nodiscard]] domain::ServerFacts of(const base::ServerName& name) const;
    [[nodiscard]] const domain::Adoption& adoption() const { return adoption_.adoption(); }
    [[nodiscard]] domain::OperationFacts asked(domain::OperationKind kind, const domain::ServerFacts& facts) const;

  private:
    [[nodiscard]] std::string heldOff(const base::ServerName& name) const;

    const EngineState& state_;
    const AdoptionProcess& adoption_;
    const JobReturns& returns_;
};

}  // namespace standin::engine
