#include "agent/hypervisor/stand_ins/admission_control.hpp"

#include <algorithm>

#include "agent/base/units.hpp"
#include "agent/hypervisor/libvirt/host_memory.hpp"

namespace standin::hypervisor {

namespace {

constexpr std::uint64_t disk_margin_mib = 64;  // records, consoles and the file system's own

}  // namespace

AdmissionControl::AdmissionControl(const HypervisorSettings& settings, const StandInDirectory& directory,
                                   const StandInRegistry& registry, Domains& domains)
    : settings_(settings), directory_(directory), registry_(registry), domains_(domains) {}

base::Result<void> AdmissionControl::check(const base::StandInName& name, const ResourceRequest& wanted) {
    auto present = host();
    if (!present) return base::failure(present.error());
    return checkCapacity(*present, registry_.requests(name), wanted);
}

base::Result<protocol::Capacity> AdmissionControl::capacity() {
    auto present = host();
    if (!present) return base::failure(present.error());
    const auto requests = registry_.requests();
    const auto sum = together(requests, settings_.run_at_once);
    protocol::Capacity capacity;
    capacity.memory_mib = present->memory_mib;
    capacity.memory_committed_mib = sum.memory_mib;
    capacity.memory_overhead_mib = overhead_per_guest_mib;
    capacity.cpus = present->cpus;
    capacity.vcpus_committed = sum.vcpus;
    capacity.disk_free_mib = present->disk_free_mib - std::min(present->disk_free_mib, sum.disk_growth_mib);
    capacity.stand_ins = requests.size();
    for (const auto& stand_in : registry_.all()) {
        if (stand_in->snapshot().phase == StandInRecord::Phase::Kept) ++capacity.kept_disks;
    }
    return capacity;
}

base::Result<HostCapacity> AdmissionControl::host() {
    auto reported = domains_.host();
    if (!reported) return base::failure(reported.error());
    auto free_bytes = directory_.freeBytes();
    if (!free_bytes) return base::failure(free_bytes.error());
    auto available = availableMemoryMib();
    if (!available) return base::failure(available.error());
    const auto less = [](std::uint64_t from, std::uint64_t amount) { return from > amount ? from - amount : 0; };
    const auto reserve_mib = settings_.reserve_memory_bytes / base::bytes_per_mib;
    HostCapacity host;
    host.memory_mib = less(reported->memory_mib, reserve_mib);
    host.memory_available_mib = less(*available, reserve_mib);
    host.cpus = reported->cpus;
    host.vcpus_per_cpu = settings_.vcpus_per_cpu;
    host.disk_free_mib = less(*free_bytes / base::bytes_per_mib, disk_margin_mib);
    host.run_at_once = settings_.run_at_once;
    return host;
}

}  // namespace standin::hypervisor
