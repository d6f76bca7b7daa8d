#include "agent/hypervisor/stand_ins/definition_check.hpp"

#include <fmt/format.h>

#include <cctype>

#include "agent/hypervisor/traffic/tcp_segment.hpp"

namespace standin::hypervisor {

namespace {

using base::ErrorCode;

bool isMac(const std::string& text) {
    constexpr std::size_t mac_length = 17;
    if (text.size() != mac_length) return false;
    for (std::size_t i = 0; i < mac_length; ++i) {
        const bool separator = i % 3 == 2;
        if (separator ? text[i] != ':' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
    }
    // The lowest bit of the first octet says 'to many'; no card bears such an address.
    return (std::stoi(text.substr(0, 2), nullptr, 16) & 1) == 0;
}

}  // namespace

base::Result<void> checkDefinition(const protocol::StandInDefinition& definition) {
    if (!isMac(definition.mac)) {
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
