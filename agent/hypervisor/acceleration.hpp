#pragma once

#include <chrono>
#include <string>

#include "agent/hypervisor/domain_xml.hpp"
#include "agent/hypervisor/hypervisor_settings.hpp"

namespace standin::hypervisor {

/// How this host executes guests, and why not faster if it doesn't.
struct Acceleration {
    DomainType type = DomainType::Qemu;
    std::string reason;                      ///< why KVM runs no guests here; empty where it does
    [[nodiscard]] const char* name() const;  ///< `kvm`, `tcg` or `test`
};

struct AccelerationProbe {
    std::string qemu = "/usr/bin/qemu-system-x86_64";
    std::string cache_file;  ///< what was found out, with the boot it was found out in
    std::string device = "/dev/kvm";
    std::string boot_id_file = "/proc/sys/kernel/random/boot_id";
    std::chrono::milliseconds deadline{5'000};  ///< a host with KVM takes 0.2 s
};

/// `Auto` boots a tiny guest under KVM, since a device that opens and even makes a virtual machine may still never run
/// one. Asked once per boot of the host. `Kvm` is obeyed even where it runs no guests, with the reason, so that health
/// can tell.
Acceleration findAcceleration(AccelerationChoice choice, const std::string& uri, const AccelerationProbe& probe);

}  // namespace standin::hypervisor
