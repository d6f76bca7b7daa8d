#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/hypervisor/libvirt/domains.hpp"
#include "agent/protocol/stand_in.hpp"

namespace standin::hypervisor {

/// A disk that has filled up lets the guests go on when it has so much again: less, and they stop at the next write.
inline constexpr std::uint64_t space_to_go_on_mib = 256;

/// What is known beside the domain's state when a stand-in is looked at.
struct GuestCircumstances {
    std::optional<protocol::StandInState> commanded;  ///< where the last command has brought it; none: not known
    std::string qemu_words;                           ///< QEMU's own, from its log
    std::uint64_t disk_free_mib = 0;                  ///< where stand-ins are kept
    std::string directory;                            ///< the place
};

/// Why its guest does not do what was commanded, with libvirt's reason, QEMU's words and the cure; empty where all is
/// well. A guest that was commanded to execute or to wait, and is off, has ended by itself.
std::string problemOf(const DomainStatus& status, const GuestCircumstances& circumstances);

/// Whether problemOf() has anything to say, without QEMU's words and the like: they cost a look at the disk.
bool hasProblem(const DomainStatus& status, std::optional<protocol::StandInState> commanded);

}  // namespace standin::hypervisor
