#pragma once

#include <string>

#include "agent/hypervisor/libvirt/domains.hpp"

namespace standin::hypervisor {

/// The domain status for libvirt's state and reason. `Unknown` if libvirt's answer does not suffice; see the two
/// functions below.
DomainStatus statusFrom(int state, int reason);

/// True if the domain is paused and libvirt gives no reason: nobody requested it through libvirt. After an internal
/// error libvirt reports nothing else.
bool pausedWithoutReason(int state, int reason);
/// The status of such a domain according to QEMU's answer to `query-status`.
DomainStatus statusFromQemu(const std::string& answer);

/// True if the domain is paused by an I/O error; its disks give the cause.
bool pausedByDisk(int state, int reason);
DomainStatus statusOfPausedDisk(bool out_of_space);

/// True if the definition of a running domain says that the guest's agent has opened its channel.
bool hasConnectedGuestAgent(const std::string& xml);

}  // namespace standin::hypervisor
