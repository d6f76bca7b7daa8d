#pragma once

#include <string>

#include "agent/hypervisor/domains.hpp"

namespace standin::hypervisor {

/// libvirt's state and reason in our words.
DomainStatus statusFrom(int state, int reason);

/// Whether a running domain's definition says that the guest's agent has opened its channel.
bool hasConnectedGuestAgent(const std::string& xml);

}  // namespace standin::hypervisor
