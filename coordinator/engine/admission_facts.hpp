#pragma once

#include "coordinator/domain/admission.hpp"
#include "coordinator/engine/adoption_process.hpp"
#include "coordinator/engine/job_returns.hpp"

namespace standin::engine {

/// What domain::admission decides on. Facts are valid until something changes.
class AdmissionFacts {
  public:
    AdmissionFacts(const EngineState& state, const AdoptionProcess& adoption, const JobReturns& returns)
        : state_(state), adoption_(adoption), returns_(returns) {}

    /// Of a name that may be no server's.
    [[nodiscard]] domain::ServerFacts of(const base::ServerName& name) const;
    [[nodiscard]] const domain::Adoption& adoption() const { return adoption_.adoption(); }
    [[nodiscard]] domain::OperationFacts asked(domain::OperationKind kind, const domain::ServerFacts& facts) const;

  private:
    const EngineState& state_;
    const AdoptionProcess& adoption_;
    const JobReturns& returns_;
};

}  // namespace standin::engine
