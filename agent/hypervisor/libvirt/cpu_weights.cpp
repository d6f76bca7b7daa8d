#include "agent/hypervisor/libvirt/cpu_weights.hpp"

#include <unistd.h>

#include <algorithm>

namespace standin::hypervisor {

namespace {

constexpr unsigned ordinary_weight = 100;
constexpr unsigned ordinary_shares = 1024;
constexpr unsigned least_shares = 2;  // the kernel takes no less

}  // namespace

CpuWeights CpuWeights::ofThisHost() {
    return CpuWeights(::access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0);
}

unsigned CpuWeights::sharesOf(unsigned weight) const {
    return version_2_ ? weight : std::max(least_shares, weight * ordinary_shares / ordinary_weight);
}

unsigned CpuWeights::weightOf(unsigned shares) const {
    // Rounded, so that every weight comes back as it was given.
    return version_2_ ? shares : (shares * ordinary_weight + ordinary_shares / 2) / ordinary_shares;
}

}  // namespace standin::hypervisor
