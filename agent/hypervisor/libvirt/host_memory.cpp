#include "agent/hypervisor/libvirt/host_memory.hpp"

#include <cstdlib>

#include "agent/base/durable_file.hpp"

namespace standin::hypervisor {

base::Result<std::uint64_t> availableMemoryMib() {
    constexpr std::uint64_t kib_per_mib = 1024;
    constexpr std::string_view label = "MemAvailable:";
    auto text = base::readWhole("/proc/meminfo");
    if (!text) return base::failure(text.error());
    const auto at = text->find(label);
    if (at == std::string::npos) return base::failure(base::ErrorCode::Internal, "/proc/meminfo has no MemAvailable");
    return std::strtoull(text->c_str() + at + label.size(), nullptr, 10) / kib_per_mib;
}

}  // namespace standin::hypervisor
