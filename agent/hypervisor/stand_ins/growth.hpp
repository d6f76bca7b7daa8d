#pragma once

#include <string>

#include "agent/base/clock.hpp"
#include "agent/hypervisor/libvirt/domains.hpp"

namespace standin::hypervisor {

/// What of a growth has arrived in the guest (S332).
struct Growth {
    protocol::StandInResources resources;  ///< memory by the balloon, vCPUs that are online in the guest
    std::string problem;                   ///< what is missing, and why; empty: nothing is
};

/// Resources of a running guest are there when the guest uses them: hot-plugged CPUs are brought online through its
/// agent and read back, memory comes by the balloon. Waits a few seconds for that; what is missing then may still come.
/// Where the guest has no agent, the plugged CPUs are reported with the remark that nobody knows whether they are used.
base::Result<Growth> awaitGrowth(Domains& domains, const base::Clock& clock, const std::string& uuid,
                                 const protocol::StandInResources& wanted);

}  // namespace standin::hypervisor
