#pragma once

#include <cstdint>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/hypervisor/libvirt/domains.hpp"

namespace standin::hypervisor {

/// Waits until a started guest has given memory back. A guest is started with its maximum memory and returns what
/// exceeds its present memory through its balloon, which keeps it busy for seconds. If it were suspended meanwhile, it
/// would continue with this during its takeover and delay its first answers.
///
/// A guest without a balloon returns nothing and is not waited for. TimedOut: it is not finished; ask again.
base::Result<void> awaitMemoryGivenBack(Domains& domains, const base::Clock& clock, const std::string& uuid,
                                        std::uint64_t wanted_mib);

}  // namespace standin::hypervisor
