#pragma once

#include <string>

#include "agent/hypervisor/libvirt/acceleration.hpp"
#include "agent/hypervisor/stand_ins/kvm_trial.hpp"
#include "agent/hypervisor/stand_ins/stand_in_registry.hpp"
#include "agent/hypervisor/stand_ins/stand_in_states.hpp"

namespace standin::hypervisor {

/// What is known of a stand-in now: its record, its domain as libvirt sees it, and what is wrong with it. Changes
/// nothing.
class StandInInspector {
  public:
    StandInInspector(std::string agent, Domains& domains, const HostAcceleration& acceleration,
                     const StandInStates& states, const KvmTrial& trial);

    /// Asks libvirt. One that is being started again without KVM is `making`: it does not stay as it is.
    [[nodiscard]] protocol::StandIn inspect(const StandInEntry& stand_in) const;
    /// Its record, in a state that the caller has just read back.
    [[nodiscard]] protocol::StandIn describe(const StandInEntry& stand_in, protocol::StandInState state) const;
    /// Its domain's state into `status`; returns what is wrong with it. A command that is carried out meanwhile
    /// explains what is seen.
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
