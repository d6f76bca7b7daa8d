#include "coordinator/engine/admission_facts.hpp"

namespace standin::engine {

domain::ServerFacts AdmissionFacts::of(const base::ServerName& name) const {
    domain::ServerFacts facts;
    facts.name = name;
    if (state_.knows(name)) facts.server = &state_.server(name);
    facts.row = state_.spares.row(name);
    facts.placement = state_.placements.of(name);
    facts.open = state_.operations.openOf(name);
    facts.failover = state_.operations.openFailoverOf(name);
    facts.returning = returns_.underWay(name);
    if (adoption_.observes(name)) facts.observed = domain::observedOnly(adoption_.adoption(), name);
    return facts;
}

domain::OperationFacts AdmissionFacts::asked(domain::OperationKind kind, const domain::ServerFacts& facts) const {
    domain::OperationFacts asked;
    asked.kind = kind;
    asked.capture_way = state_.inventory.capture_way;
    if (facts.server == nullptr) return asked;
    asked.rack_failover = state_.operations.rackFailoverOf(facts.name);
    asked.host_lease = state_.spares.leaseOfHost(facts.server->vm_host);
    return asked;
}

}  // namespace standin::engine
