#include "agent/hypervisor/libvirt/domain_xml.hpp"

#include <fmt/format.h>

namespace standin::hypervisor {

namespace {

// FNV-1a: stable over versions and machines, which std::hash is not.
std::uint64_t stableHash(const std::string& text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (unsigned char byte : text) hash = (hash ^ byte) * 0x100000001b3ULL;
    return hash;
}

std::string escaped(const std::string& text) {
    std::string result;
    for (char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '\'':
                result += "&apos;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

std::string processor(DomainType type) {
    switch (type) {
        case DomainType::Kvm:
            return "  <cpu mode='host-passthrough' check='none' migratable='on'/>\n";
        case DomainType::Qemu:
            return "  <cpu mode='maximum'/>\n";
        case DomainType::Test:
            break;  // the test driver knows no CPU modes
    }
    return "";
}

// q35 has the PCI Express ports and the system management mode that UEFI builds want; BIOS guests boot faster on
// i440FX.
std::string firmware(const std::string& kind, DomainType type) {
    if (type == DomainType::Test) return "  <os>\n    <type>hvm</type>\n    <boot dev='hd'/>\n  </os>\n";
    if (kind == "uefi") {
        return "  <os firmware='efi'>\n    <type arch='x86_64' machine='q35'>hvm</type>\n"
               "    <firmware><feature enabled='no' name='secure-boot'/></firmware>\n    <boot dev='hd'/>\n  </os>\n";
    }
    return "  <os>\n    <type arch='x86_64' machine='pc'>hvm</type>\n    <boot dev='hd'/>\n  </os>\n";
}

std::string_view nameOf(DomainType type) {
    switch (type) {
        case DomainType::Kvm:
            return "kvm";
        case DomainType::Qemu:
            return "qemu";
        case DomainType::Test:
            break;
    }
    return "test";
}

std::string metadata(const base::StandInName& name, const protocol::StandInDefinition& definition,
                     const DomainPlace& place) {
    return fmt::format(
        "  <metadata>\n"
        "    <standin:stand_in xmlns:standin='urn:standin:stand-in:1'>\n"
        "      <standin:name>{}</standin:name>\n"
        "      <standin:server>{}</standin:server>\n"
        "      <standin:image>{}</standin:image>\n"
        "      <standin:agent>{}</standin:agent>\n"
        "      <standin:address>{}</standin:address>\n"
        "    </standin:stand_in>\n"
        "  </metadata>\n",
        name.text(), definition.server.text(), definition.image.text(), escaped(place.agent),
        escaped(definition.address));
}

// Offloads leave checksums to a card, and a tap on Open vSwitch's userspace datapath has none: the peer would drop what
// comes.
constexpr auto without_offloads =
    "      <driver name='qemu'>\n"
    "        <host csum='off' gso='off' tso4='off' tso6='off' ecn='off' ufo='off'/>\n"
    "        <guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/>\n"
    "      </driver>\n";

std::string networkCard(const std::string& mac, const std::string& tap, const DomainPlace& place) {
    return fmt::format(
        "    <interface type='bridge'>\n"
        "      <mac address='{}'/>\n"
        "      <source bridge='{}'/>\n"
        // A trunk of one VLAN, of which the guest knows nothing: what it sends without a tag goes nowhere. So no two
        // stand-ins meet before the switch agent has made an access port of it, in a quarantine of its own.
        "      <vlan trunk='yes'><tag id='{}'/></vlan>\n"
        "      <virtualport type='openvswitch'/>\n"
        "      <target dev='{}'/>\n"
        "      <model type='virtio'/>\n"
        "{}"
        "      <rom enabled='no'/>\n"  // a stand-in boots from its disk
        "    </interface>\n",
        escaped(mac), escaped(place.bridge), place.landing_vlan, tap, place.offloads ? "" : without_offloads);
}

// The console is written through virtlogd, which bounds the file; `virsh console` works beside it.
std::string devices(const std::string& card, const DomainPlace& place) {
    const auto directory = escaped(place.directory);
    const auto emulator =
        place.kvm_program.empty() ? "" : fmt::format("    <emulator>{}</emulator>\n", escaped(place.kvm_program));
    return "  <devices>\n" + emulator +
           fmt::format(
               "    <disk type='file' device='disk'>\n"
               "      <driver name='qemu' type='raw' cache='none' discard='unmap'/>\n"
               "      <source file='{0}/disk.raw'/>\n"
               "      <target dev='vda' bus='virtio'/>\n"
               "    </disk>\n"
               "    <controller type='usb' model='none'/>\n"
               "{1}"
               "    <serial type='pty'>\n"
               "      <log file='{0}/console.log' append='on'/>\n"
               "      <target port='0'/>\n"
               "    </serial>\n"
               "    <console type='pty'>\n"
               "      <target type='serial' port='0'/>\n"
               "    </console>\n"
               "    <channel type='unix'>\n"
               "      <target type='virtio' name='org.qemu.guest_agent.0'/>\n"
               "    </channel>\n"
               "    <memballoon model='virtio' freePageReporting='on'/>\n"
               "    <rng model='virtio'>\n"
               "      <backend model='random'>/dev/urandom</backend>\n"
               "    </rng>\n"
               "  </devices>\n",
               directory, card);
}

}  // namespace

std::string domainNameOf(const std::string& agent, const base::StandInName& name) {
    return agent + "." + name.text();
}

base::PortName tapNameOf(const std::string& agent, const base::StandInName& name) {
    constexpr std::uint64_t twelve_digits = (1ULL << 48) - 1;
    return base::PortName(fmt::format("si-{:012x}", stableHash(domainNameOf(agent, name)) & twelve_digits));
}

std::string domainXml(const base::StandInName& name, const protocol::StandInDefinition& definition,
                      const DomainPlace& asked) {
    DomainPlace place = asked;
    if (place.type != DomainType::Kvm) place.kvm_program.clear();
    if (!place.kvm_program.empty()) place.type = DomainType::Qemu;
    return fmt::format(
               "<domain type='{}'>\n"
               "  <name>{}</name>\n"
               "  <uuid>{}</uuid>\n"
               "  <title>stand-in of {}</title>\n",
               nameOf(place.type), domainNameOf(escaped(place.agent), name), place.uuid, definition.server.text()) +
           metadata(name, definition, place) +
           fmt::format(
               "  <memory unit='MiB'>{}</memory>\n"
               "  <currentMemory unit='MiB'>{}</currentMemory>\n"
               "  <vcpu placement='static' current='{}'>{}</vcpu>\n",
               definition.maximum_memory_mib, definition.memory_mib, definition.vcpus, definition.maximum_vcpus) +
           (place.type == DomainType::Test
                ? ""
                : fmt::format("  <cputune><shares>{}</shares></cputune>\n", place.cpu_shares)) +
           firmware(definition.firmware, place.type) + "  <features>\n    <acpi/>\n    <apic/>\n  </features>\n" +
           processor(place.type) +
           "  <clock offset='utc'/>\n"
           "  <on_poweroff>destroy</on_poweroff>\n"
           "  <on_reboot>restart</on_reboot>\n"
           "  <on_crash>destroy</on_crash>\n" +
           devices(networkCard(definition.mac, tapNameOf(place.agent, name).text(), place), place) + "</domain>\n";
}

}  // namespace standin::hypervisor
