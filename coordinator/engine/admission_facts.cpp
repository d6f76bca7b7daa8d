#include "coordinator/engine/admission_facts.hpp"

#include <fmt/format.h>

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
    facts.held_off = heldOff(name);
    return facts;
}

/// A BMC repeats what an operator has just found to be wrong.
std::string AdmissionFacts::heldOff(const base::ServerName& name) const {
    const auto hold_off = state_.inventory.brake.cancel_hold_off;
    if (hold_off.count() == 0) return {};
    const auto* cancelled = state_.operations.newestOf(name, [&](const domain::Operation& operation) {
        return operation.state == domain::State::Cancelled && state_.now() < operation.ended_at + hold_off;
    });
    if (cancelled == nullptr) return {};
    return fmt::format(
        "failover {} of server '{}' was {} less than {} s ago (brake: cancel_hold_off); if its job is "
        "down: standinctl failover {}",
        cancelled->id, name.text(), cancelled->why, hold_off.count() / 1000, name.text());
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
