#pragma once

#include "agent/hypervisor/hypervisor_settings.hpp"
#include "agent/hypervisor/libvirt/acceleration.hpp"
#include "agent/hypervisor/libvirt/domains.hpp"
#include "agent/hypervisor/stand_ins/stand_in_registry.hpp"

namespace standin::hypervisor {

/// Findings about a VM host, for its health.
struct HostFindings {
    const HypervisorSettings& settings;
    Acceleration acceleration;
    base::Result<void> libvirt;  ///< whether libvirt answers
};

void checkHost(protocol::Health& health, const HostFindings& found);
void checkStandIns(protocol::Health& health, const StandInRegistry& registry, const Acceleration& acceleration);

}  // namespace standin::hypervisor
