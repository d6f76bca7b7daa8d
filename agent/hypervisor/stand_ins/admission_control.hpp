#pragma once

#include <mutex>

#include "agent/hypervisor/hypervisor_settings.hpp"
#include "agent/hypervisor/libvirt/domains.hpp"
#include "agent/hypervisor/stand_ins/capacity_check.hpp"
#include "agent/hypervisor/stand_ins/stand_in_registry.hpp"

namespace standin::hypervisor {

/// Whether this host has room for what is asked (S116). Who checks and then promises holds lock() from the check until
/// the promise stands in the registry, so that the same room is promised once.
class AdmissionControl {
  public:
    AdmissionControl(const HypervisorSettings& settings, const StandInDirectory& directory,
                     const StandInRegistry& registry, Domains& domains);

    [[nodiscard]] std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }
    /// Beside every stand-in but `name`. Refused: what lacks, how much, and the cure.
    base::Result<void> check(const base::StandInName& name, const ResourceRequest& wanted);
    /// What is there and what is promised.
    base::Result<protocol::Capacity> capacity();

  private:
    base::Result<HostCapacity> host();

    const HypervisorSettings& settings_;
    const StandInDirectory& directory_;
    const StandInRegistry& registry_;
    Domains& domains_;
    std::mutex mutex_;
};

}  // namespace standin::hypervisor
