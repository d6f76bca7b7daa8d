#pragma once

#include <cstdint>

#include "agent/base/result.hpp"

namespace standin::hypervisor {

/// How much memory programs could still use without swapping, by the kernel's estimate (MemAvailable).
base::Result<std::uint64_t> availableMemoryMib();

}  // namespace standin::hypervisor
