#pragma once

#include <chrono>
#include <string>

namespace standin::hypervisor {

/// Settings of the probe whether KVM runs guests on this host.
struct AccelerationProbe {
    std::string qemu = "/usr/bin/qemu-system-x86_64";
    std::string cache_file;  ///< keeps the result, and the boot that it belongs to
    std::string device = "/dev/kvm";
    std::string boot_id_file = "/proc/sys/kernel/random/boot_id";
    std::chrono::milliseconds deadline{10'000};  ///< a host with KVM takes 0.2 s; where KVM itself is emulated, 3 s
};

}  // namespace standin::hypervisor
