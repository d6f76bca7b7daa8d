#include "agent/hypervisor/stand_ins/definition_check.hpp"

#include <fmt/format.h>

#include <cctype>

#include "agent/base/mac_address.hpp"
#include "agent/hypervisor/traffic/tcp_segment.hpp"

namespace standin::hypervisor {

namespace {

using base::ErrorCode;

}  // namespace

base::Result<void> checkDefinition(const protocol::StandInDefinition& definition) {
    if (!base::isMacAddress(definition.mac) || !base::isUnicastMac(definition.mac)) {
        return base::failure(
            ErrorCode::InvalidInput,
            fmt::format("stand-in definition: '{}' is not a network card's MAC address", definition.mac));
    }
    auto job = jobEndpointFrom(definition.address, definition.ports);
    if (!job) return base::failure(job.error().within("stand-in definition"));
    return {};
}

base::Result<void> checkResources(const protocol::StandInResources& resources,
                                  const protocol::StandInDefinition& definition) {
    if (resources.memory_mib > definition.maximum_memory_mib) {
        return base::failure(ErrorCode::InvalidInput, fmt::format("{} MiB are more than its maximum of {} MiB",
                                                                  resources.memory_mib, definition.maximum_memory_mib));
    }
    if (resources.vcpus > definition.maximum_vcpus) {
        return base::failure(ErrorCode::InvalidInput, fmt::format("{} virtual CPUs are more than its maximum of {}",
                                                                  resources.vcpus, definition.maximum_vcpus));
    }
    return {};
}

}  // namespace standin::hypervisor
