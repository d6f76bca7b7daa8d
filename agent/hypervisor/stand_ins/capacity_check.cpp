#include "agent/hypervisor/stand_ins/capacity_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace standin::hypervisor {

namespace {

template <typename Number>
Number sumOfLargest(std::vector<Number> numbers, std::size_t count) {
    std::sort(numbers.begin(), numbers.end(), std::greater<>());
    if (count != 0 && count < numbers.size()) numbers.resize(count);
    Number sum = 0;
    for (auto number : numbers) sum += number;
    return sum;
}

base::Unexpected refused(const std::string& what) {
    return base::failure(base::ErrorCode::Refused, what);
}

}  // namespace

ResourceRequest together(const std::vector<ResourceRequest>& requests, unsigned run_at_once) {
    std::vector<std::uint64_t> memory;
    std::vector<unsigned> vcpus;
    ResourceRequest sum;
    for (const auto& request : requests) {
        memory.push_back(request.memory_mib + overhead_per_guest_mib);
        vcpus.push_back(request.vcpus);
        sum.disk_growth_mib += request.disk_growth_mib;
    }
    sum.memory_mib = sumOfLargest(std::move(memory), run_at_once);
    sum.vcpus = sumOfLargest(std::move(vcpus), run_at_once);
    return sum;
}

base::Result<void> checkCapacity(const HostCapacity& host_capacity, std::vector<ResourceRequest> present,
                                 const ResourceRequest& wanted) {
    present.push_back(wanted);
    const auto sum = together(present, host_capacity.run_at_once);
    if (sum.memory_mib > host_capacity.memory_mib) {
        return refused(fmt::format(
            "memory is short: {} MiB for {} stand-ins that may have to run at once, but the host has {} MiB for them; "
            "delete one, make them smaller, or take another VM host",
            sum.memory_mib, present.size(), host_capacity.memory_mib));
    }
    if (wanted.memory_growth_mib > host_capacity.memory_available_mib) {
        return refused(
            fmt::format("memory is short: {} MiB are wanted now, but the host has only {} MiB left beyond its reserve; "
                        "end other programs or take another VM host",
                        wanted.memory_growth_mib, host_capacity.memory_available_mib));
    }
    if (wanted.vcpus > host_capacity.cpus) {
        return refused(
            fmt::format("CPUs are short: {} virtual CPUs are wanted for one stand-in, but the host has {} CPUs",
                        wanted.vcpus, host_capacity.cpus));
    }
    const auto most_vcpus = host_capacity.cpus * host_capacity.vcpus_per_cpu;
    if (sum.vcpus > most_vcpus) {
        return refused(fmt::format(
            "CPUs are short: {} virtual CPUs for {} stand-ins that may have to run at once, but the host's {} CPUs "
            "may carry {} (vcpus_per_cpu: {})",
            sum.vcpus, present.size(), host_capacity.cpus, most_vcpus, host_capacity.vcpus_per_cpu));
    }
    if (sum.disk_growth_mib > host_capacity.disk_free_mib) {
        return refused(fmt::format(
            "disk space is short: the disks of {} stand-ins may come to take {} MiB more, but {} MiB are free; "
            "make space where 'stand_in_dir' is",
            present.size(), sum.disk_growth_mib, host_capacity.disk_free_mib));
    }
    return {};
}

}  // namespace standin::hypervisor
