#pragma once

#include <mutex>

#include "agent/hypervisor/hypervisor_settings.hpp"
#include "agent/hypervisor/libvirt/domains.hpp"
#include "agent/hypervisor/stand_ins/capacity_check.hpp"
#include "agent/hypervisor/stand_ins/stand_in_registry.hpp"

namespace standin::hypervisor {

/// Checks whether this host has room for a request (S116). The caller holds lock() from the check until the request is
/// in the registry, so that no room is promised twice.
class AdmissionControl {
  public:
    AdmissionControl(const HypervisorSettings& settings, const StandInDirectory& directory,
                     const StandInRegistry& registry, Domains& domains);

    [[nodiscard]] std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }
    /// Checks the room beside every stand-in except `name`. Refused: what is missing, how much, and the cure.
    base::Result<void> check(const base::StandInName& name, const ResourceRequest& wanted);
    /// Present and promised resources.
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
