#pragma once

#include <string>

#include "agent/hypervisor/libvirt/domains.hpp"

namespace standin::hypervisor {

/// libvirt's state and reason in our words. `Unknown` where libvirt's answer does not suffice, see the two below.
DomainStatus statusFrom(int state, int reason);

/// Paused, and libvirt gives no reason: nobody asked libvirt for it. After an internal error that is all libvirt
/// reports.
bool pausedWithoutReason(int state, int reason);
/// What QEMU's answer to `query-status` says about such a domain.
DomainStatus statusFromQemu(const std::string& answer);

/// Paused by an I/O error; its disks say which.
bool pausedByDisk(int state, int reason);
DomainStatus statusOfPausedDisk(bool out_of_space);

/// Whether a running domain's definition says that the guest's agent has opened its channel.
bool hasConnectedGuestAgent(const std::string& xml);

}  // namespace standin::hypervisor
