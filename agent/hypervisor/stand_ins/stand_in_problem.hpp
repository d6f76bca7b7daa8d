#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/hypervisor/libvirt/domains.hpp"
#include "agent/protocol/stand_in.hpp"

namespace standin::hypervisor {

/// Free disk space at which guests that stopped for lack of it are resumed; with less, they would stop at the next
/// write.
inline constexpr std::uint64_t space_to_go_on_mib = 256;

/// What is known besides the domain's state when a stand-in is inspected.
struct GuestCircumstances {
    std::optional<protocol::StandInState> commanded;  ///< result of the last command; nullopt: not known
    std::string qemu_words;                           ///< QEMU's own output, from its log
    std::uint64_t disk_free_mib = 0;                  ///< where stand-ins are kept
    std::string directory;                            ///< that place
};

/// Why the guest does not do what was commanded, with libvirt's reason, QEMU's output and the cure; empty if all is
/// well. A guest that was commanded to run or to be suspended, and is off, has ended by itself.
std::string problemOf(const DomainStatus& status, const GuestCircumstances& circumstances);

/// True if problemOf() would report a problem; cheaper, because it does not read QEMU's output from the disk.
bool hasProblem(const DomainStatus& status, std::optional<protocol::StandInState> commanded);

}  // namespace standin::hypervisor
