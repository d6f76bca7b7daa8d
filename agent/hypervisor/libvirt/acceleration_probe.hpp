#pragma once

#include <chrono>
#include <string>

namespace standin::hypervisor {

/// How it is found out whether KVM runs guests on this host, and where that is remembered.
struct AccelerationProbe {
    std::string qemu = "/usr/bin/qemu-system-x86_64";
    std::string cache_file;  ///< what was found out, with the boot it was found out in
    std::string device = "/dev/kvm";
    std::string boot_id_file = "/proc/sys/kernel/random/boot_id";
    std::chrono::milliseconds deadline{10'000};  ///< a host with KVM takes 0.2 s; where KVM itself is emulated, 3 s
};

}  // namespace standin::hypervisor
