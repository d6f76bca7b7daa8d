#pragma once

#include <cstdint>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::hypervisor {

/// What one stand-in takes, or will.
struct ResourceRequest {
    std::uint64_t memory_mib = 0;
    std::uint64_t memory_growth_mib = 0;  ///< what it would take now beyond what it has taken already
    unsigned vcpus = 0;
    std::uint64_t disk_growth_mib = 0;  ///< what its disk may still take beyond what it has taken already
};

/// What the host has for stand-ins.
struct HostCapacity {
    std::uint64_t memory_mib = 0;            ///< of the host, less the reserve
    std::uint64_t memory_available_mib = 0;  ///< free now, less the reserve
    unsigned cpus = 0;
    unsigned vcpus_per_cpu = 1;
    std::uint64_t disk_free_mib = 0;
    unsigned run_at_once = 0;  ///< how many may have to run at once; 0: all
};

/// What QEMU itself takes beside the guest's memory (measured: 47 MiB resident, without its shared libraries).
inline constexpr std::uint64_t overhead_per_guest_mib = 48;

/// Memory with QEMU's own and virtual CPUs of the `run_at_once` largest of `requests` together, and all their disks'
/// growth.
ResourceRequest together(const std::vector<ResourceRequest>& requests, unsigned run_at_once);

/// S116, before anything is made: Refused with what lacks, how much, and the cure. `present` are the stand-ins that are
/// there.
base::Result<void> checkCapacity(const HostCapacity& host_capacity, std::vector<ResourceRequest> present,
                                 const ResourceRequest& wanted);

}  // namespace standin::hypervisor
