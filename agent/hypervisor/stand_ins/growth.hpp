#pragma once

#include <string>

#include "agent/base/clock.hpp"
#include "agent/hypervisor/libvirt/domains.hpp"

namespace standin::hypervisor {

/// How much of a growth has taken effect in the guest (S332).
struct Growth {
    protocol::StandInResources resources;  ///< memory by the balloon, vCPUs that are online in the guest
    std::string problem;                   ///< what is missing, and why; empty: nothing
};

/// Waits a few seconds until new resources of a running guest are in use: hot-plugged CPUs are brought online through
/// its agent and read back, memory comes through the balloon. What is missing then may still take effect. Without a
/// guest agent, the plugged CPUs are reported with the remark that it is not known whether they are used.
base::Result<Growth> awaitGrowth(Domains& domains, const base::Clock& clock, const std::string& uuid,
                                 const protocol::StandInResources& wanted);

}  // namespace standin::hypervisor
