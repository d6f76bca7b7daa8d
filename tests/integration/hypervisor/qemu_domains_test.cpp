// LibvirtDomains on QEMU: the contract's promises with a guest that is nothing but a boot sector.
#include <Poco/UUIDGenerator.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "agent/hypervisor/libvirt/domain_xml.hpp"
#include "agent/hypervisor/libvirt/libvirt_domains.hpp"
#include "tests/integration/hypervisor/hypervisor_lab.hpp"
#include "tests/support/made_names.hpp"

namespace domains_under_contract {

struct UnderContract {
    std::string uuid = Poco::UUIDGenerator::defaultGenerator().createRandom().toString();
    std::string disk = fmt::format("/var/tmp/standin-hvq-{}.raw", uuid);
    std::string xml = fmt::format(
        "<domain type='qemu'><name>hvq{0}.{1}</name><uuid>{1}</uuid><memory unit='MiB'>16</memory><vcpu "
        "current='1'>2</vcpu>"
        "<os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os><features><acpi/></features>"
        "<devices><disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{2}'/><target "
        "dev='vda' bus='virtio'/></disk>"
        "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel></devices></domain>",
        ::getpid(), uuid, disk);

    UnderContract() {
        standin::tests::noteMade(fmt::format("hvq{}", ::getpid()));
        standin::tests::noteMade(disk);
        std::string sector(512, '\0');
        sector.replace(0, 4, "\xfb\xf4\xeb\xfd", 4);  // sti; hlt; jump back: lives, and takes no CPU
        sector.replace(510, 2, "\x55\xaa");
        standin::tests::writeFile(disk, sector);
        std::filesystem::permissions(disk, std::filesystem::perms(0666));
    }
    ~UnderContract() {
        std::error_code ignored;
        std::filesystem::remove(disk, ignored);
    }
    static standin::hypervisor::Domains& domains() {
        static standin::hypervisor::LibvirtDomains domains("qemu:///system");
        return domains;
    }
};

}  // namespace domains_under_contract

#include "tests/contract/hypervisor/domains_contract.hpp"

BOOST_FIXTURE_TEST_SUITE(qemu_domains, domains_under_contract::Defined)

using namespace domains_under_contract;

BOOST_AUTO_TEST_CASE(a_clock_without_an_agent_is_not_set_because_nobody_could_be_asked) {
    perform(DomainVerb::Start);
    const auto set = domains().setClock(uuid, std::chrono::system_clock::now());
    BOOST_REQUIRE(!set);
    BOOST_TEST((set.error().code == ErrorCode::Unreachable));
}

// libvirt looks for the firmware when the domain starts: it is Debian's package ovmf. What it would start QEMU with is
// enough to know.
BOOST_AUTO_TEST_CASE(a_stand_in_of_a_uefi_server_starts_with_firmware_of_this_host) {
    standin::protocol::StandInDefinition definition;
    definition.server = standin::base::ServerName("server01");
    definition.image = standin::base::ImageId("image");
    definition.memory_mib = definition.maximum_memory_mib = 256;
    definition.firmware = "uefi";
    definition.mac = "52:54:00:77:01:0a";
    standin::hypervisor::DomainPlace place;
    place.agent = fmt::format("hvu{}", ::getpid());
    standin::tests::noteMade(place.agent);
    place.directory = "/var/tmp";
    place.uuid = Poco::UUIDGenerator::defaultGenerator().createRandom().toString();
    place.bridge = "br0";
    place.landing_vlan = 4000;
    place.cpu_shares = 1024;
    place.type = standin::hypervisor::DomainType::Qemu;
    const standin::base::StandInName name("server01-1");
    const auto defined = domains().define(domainXml(name, definition, place));
    BOOST_TEST(defined.has_value(), (defined ? "" : defined.error().message));
    const auto command = standin::tests::shell("virsh -c qemu:///system domxml-to-native qemu-argv --domain " +
                                               standin::hypervisor::domainNameOf(place.agent, name));
    BOOST_TEST(command.find("OVMF_CODE") != std::string::npos, command);
    BOOST_TEST(domains().undefine(place.uuid).has_value());
}

BOOST_AUTO_TEST_CASE(a_qemu_that_was_killed_reads_as_off_and_says_so) {
    perform(DomainVerb::Start);
    auto seen = domains().eventsSeen();
    standin::tests::shell(fmt::format("kill -9 $(cat /run/libvirt/qemu/hvq{}.{}.pid)", ::getpid(), uuid));
    // An event of the start may still be on its way and come first.
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    auto status = domains().status(uuid);
    while (status && status->state != DomainState::Off && std::chrono::steady_clock::now() < until) {
        domains().waitForEvent(seen, std::chrono::seconds(1));
        seen = domains().eventsSeen();
        status = domains().status(uuid);
    }
    BOOST_REQUIRE(status);
    BOOST_TEST((status->state == DomainState::Off));
    BOOST_TEST(status->oddity.find("crashed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_qemu_that_hangs_holds_nobody_up_beyond_the_deadline) {
    perform(DomainVerb::Start);
    const auto pid = standin::tests::shell(fmt::format("cat /run/libvirt/qemu/hvq{}.{}.pid", ::getpid(), uuid));
    standin::tests::shell("kill -STOP " + pid);
    const auto begun = std::chrono::steady_clock::now();
    const auto suspended = domains().change(uuid, DomainVerb::Suspend);
    const auto took = std::chrono::steady_clock::now() - begun;
    standin::tests::shell("kill -CONT " + pid);
    BOOST_REQUIRE(!suspended);
    BOOST_TEST((suspended.error().code == ErrorCode::TimedOut));
    BOOST_TEST((took < std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_SUITE_END()
