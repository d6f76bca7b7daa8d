#pragma once

#include <string>

#include "agent/hypervisor/libvirt/acceleration.hpp"
#include "agent/hypervisor/stand_ins/kvm_trial.hpp"
#include "agent/hypervisor/stand_ins/stand_in_registry.hpp"
#include "agent/hypervisor/stand_ins/stand_in_states.hpp"

namespace standin::hypervisor {

/// Reports what is known about a stand-in now: its record, its domain according to libvirt, and its problems. Changes
/// nothing.
class StandInInspector {
  public:
    StandInInspector(std::string agent, Domains& domains, const HostAcceleration& acceleration,
                     const StandInStates& states, const KvmTrial& trial);

    /// Asks libvirt. A stand-in that is being started again without KVM is reported as `making`.
    [[nodiscard]] protocol::StandIn inspect(const StandInEntry& stand_in) const;
    /// Describes its record, in a state that the caller has just read back.
    [[nodiscard]] protocol::StandIn describe(const StandInEntry& stand_in, protocol::StandInState state) const;
    /// Reads its domain's state into `status`; returns the problem, if any. A command in progress explains an
    /// unexpected state.
    std::string look(const StandInEntry& stand_in, base::Result<DomainStatus>& status) const;

  private:
    protocol::StandIn inspectMade(const StandInEntry& stand_in, const StandInRecord& record) const;

    const std::string agent_;
    Domains& domains_;
    const HostAcceleration& acceleration_;
    const StandInStates& states_;
    const KvmTrial& trial_;
};

}  // namespace standin::hypervisor
