#pragma once

#include <cstdint>

#include "agent/base/result.hpp"

namespace standin::hypervisor {

/// What programs could still take without the host swapping, by the kernel's own estimate (MemAvailable).
base::Result<std::uint64_t> availableMemoryMib();

}  // namespace standin::hypervisor
