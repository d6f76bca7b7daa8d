#pragma once

#include <cstdint>
#include <string>

#include "agent/protocol/stand_in.hpp"

namespace standin::hypervisor {

/// `<domain type=…>` and the CPU that goes with it.
enum class DomainType {
    Kvm,   ///< hardware virtualisation
    Qemu,  ///< software emulation
    Test   ///< libvirt's in-process test driver
};

/// The host-dependent part of a domain, which its stand-in's definition does not contain.
struct DomainPlace {
    std::string agent;      ///< this agent's name; it separates the domains of two agents on one host
    std::string directory;  ///< the stand-in's own directory, see stand_in_directory.hpp
    std::string uuid;
    std::string bridge;
    std::uint16_t landing_vlan = 0;
    bool offloads = false;    ///< the network card's; see HypervisorSettings::network_offloads
    unsigned cpu_shares = 0;  ///< the definition's weight on this host's scale; see CpuWeights
    DomainType type = DomainType::Kvm;
    std::string kvm_program;  ///< replacement for QEMU under KVM, see HypervisorSettings::kvm_program; usually empty
};

/// The domain's name: `<agent>.<stand-in>`.
std::string domainNameOf(const std::string& agent, const base::StandInName& name);

/// The tap's name: `si-` and twelve hexadecimal digits derived from agent and stand-in, always the same for the same
/// two; it fits into Linux' 15 characters.
base::PortName tapNameOf(const std::string& agent, const base::StandInName& name);

/// The stand-in's definition for libvirt with the items of FIG. 5 (S107, S118). Memory and virtual CPUs are defined up
/// to their maximum, so that a running stand-in can grow (S226).
std::string domainXml(const base::StandInName& name, const protocol::StandInDefinition& definition,
                      const DomainPlace& place);

}  // namespace standin::hypervisor
