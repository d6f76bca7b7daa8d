#pragma once

#include <cstdint>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::hypervisor {

/// The resources that one stand-in uses, or will use.
struct ResourceRequest {
    std::uint64_t memory_mib = 0;
    std::uint64_t memory_growth_mib = 0;  ///< what it would use in addition to what it uses now
    unsigned vcpus = 0;
    std::uint64_t disk_growth_mib = 0;  ///< what its disk may use in addition to what it uses now
};

/// The host's resources for stand-ins.
struct HostCapacity {
    std::uint64_t memory_mib = 0;            ///< of the host, without the reserve
    std::uint64_t memory_available_mib = 0;  ///< free now, without the reserve
    unsigned cpus = 0;
    unsigned vcpus_per_cpu = 1;
    std::uint64_t disk_free_mib = 0;
    unsigned run_at_once = 0;  ///< how many may have to run at once; 0: all
};

/// QEMU's own memory besides the guest's (measured: 47 MiB resident, without its shared libraries).
inline constexpr std::uint64_t overhead_per_guest_mib = 48;

/// Memory (with QEMU's own) and virtual CPUs of the `run_at_once` largest of `requests` together, and the growth of all
/// their disks.
ResourceRequest together(const std::vector<ResourceRequest>& requests, unsigned run_at_once);

/// Checks the capacity before anything is made (S116). Refused: what is missing, how much, and the cure. `present` are
/// the existing stand-ins.
base::Result<void> checkCapacity(const HostCapacity& host_capacity, std::vector<ResourceRequest> present,
                                 const ResourceRequest& wanted);

}  // namespace standin::hypervisor
