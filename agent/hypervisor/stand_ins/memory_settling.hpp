#pragma once

#include <cstdint>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/hypervisor/libvirt/domains.hpp"

namespace standin::hypervisor {

/// A guest is started with its maximum memory and gives back what is above its present memory by its balloon, which
/// keeps it busy for seconds. A stand-in that is suspended in the middle of that would go on with it at its takeover,
/// at the cost of its first answers. So it is awaited before the suspension.
///
/// A guest without a balloon gives nothing back: it is not waited for. TimedOut: it is still at it, ask again.
base::Result<void> awaitMemoryGivenBack(Domains& domains, const base::Clock& clock, const std::string& uuid,
                                        std::uint64_t wanted_mib);

}  // namespace standin::hypervisor
