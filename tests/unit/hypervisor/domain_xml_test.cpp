#include "agent/hypervisor/libvirt/domain_xml.hpp"

#include <boost/test/unit_test.hpp>

#include "agent/hypervisor/libvirt/cpu_weights.hpp"
#include "agent/hypervisor/libvirt/domain_reading.hpp"

using namespace standin;
using namespace standin::hypervisor;

namespace {

struct Given {
    base::StandInName name{"server01-1"};
    protocol::StandInDefinition definition;
    DomainPlace place{"vmhost1",
                      "/var/lib/standin/vmhost1/stand-ins/server01-1",
                      "1ba435ee-9ba2-4acf-86ee-87db9f3f57e0",
                      "br0",
                      4000,
                      false,
                      1024,
                      DomainType::Kvm,
                      {}};

    Given() {
        definition.server = base::ServerName("server01");
        definition.image = base::ImageId("server01-20261123");
        definition.memory_mib = 192;
        definition.maximum_memory_mib = 384;
        definition.vcpus = 1;
        definition.maximum_vcpus = 2;
        definition.weight = 100;
        definition.mac = "52:54:00:77:01:0a";
        definition.address = "10.77.1.10";
    }
    [[nodiscard]] bool has(const std::string& part) const {
        return domainXml(name, definition, place).find(part) != std::string::npos;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(domain_xml, Given)

BOOST_AUTO_TEST_CASE(the_items_of_fig_5_are_in_the_definition) {
    BOOST_TEST(has("<name>vmhost1.server01-1</name>"));
    BOOST_TEST(has("<uuid>1ba435ee-9ba2-4acf-86ee-87db9f3f57e0</uuid>"));
    BOOST_TEST(has("<memory unit='MiB'>384</memory>"));
    BOOST_TEST(has("<currentMemory unit='MiB'>192</currentMemory>"));
    BOOST_TEST(has("<vcpu placement='static' current='1'>2</vcpu>"));
    BOOST_TEST(has("machine='pc'"));
    BOOST_TEST(has("<source file='/var/lib/standin/vmhost1/stand-ins/server01-1/disk.raw'/>"));
    BOOST_TEST(has("<mac address='52:54:00:77:01:0a'/>"));
    BOOST_TEST(has("<log file='/var/lib/standin/vmhost1/stand-ins/server01-1/console.log' append='on'/>"));
}

BOOST_AUTO_TEST_CASE(an_ordinary_weight_is_an_ordinary_share_of_either_version_of_control_groups) {
    BOOST_TEST(CpuWeights(true).sharesOf(100) == 100U);
    BOOST_TEST(CpuWeights(false).sharesOf(100) == 1024U);
    for (unsigned weight = 1; weight <= 10'000; ++weight) {
        BOOST_REQUIRE_EQUAL(CpuWeights(true).weightOf(CpuWeights(true).sharesOf(weight)), weight);
        BOOST_REQUIRE_EQUAL(CpuWeights(false).weightOf(CpuWeights(false).sharesOf(weight)), weight);
    }
    BOOST_TEST(has("<shares>1024</shares>"));
}

BOOST_AUTO_TEST_CASE(server_and_image_are_named_in_the_metadata) {
    BOOST_TEST(has("<standin:server>server01</standin:server>"));
    BOOST_TEST(has("<standin:image>server01-20261123</standin:image>"));
}

BOOST_AUTO_TEST_CASE(the_network_card_lands_where_frames_without_a_tag_go_nowhere) {
    BOOST_TEST(has("<vlan trunk='yes'><tag id='4000'/></vlan>"));
    BOOST_TEST(has("<virtualport type='openvswitch'/>"));
    BOOST_TEST(has("<target dev='" + tapNameOf("vmhost1", name).text() + "'/>"));
}

BOOST_AUTO_TEST_CASE(uefi_is_asked_for_where_the_server_has_it) {
    definition.firmware = "uefi";
    BOOST_TEST(has("<os firmware='efi'>"));
}

BOOST_AUTO_TEST_CASE(software_emulation_and_kvm_differ_in_type_and_processor) {
    BOOST_TEST(has("<domain type='kvm'>"));
    BOOST_TEST(has("host-passthrough"));
    place.type = DomainType::Qemu;
    BOOST_TEST(has("<domain type='qemu'>"));
    BOOST_TEST(has("<cpu mode='maximum'/>"));
}

BOOST_AUTO_TEST_CASE(offloads_are_off_unless_the_datapath_completes_checksums) {
    BOOST_TEST(has("<guest csum='off'"));
    place.offloads = true;
    BOOST_TEST(!has("csum='off'"));
}

BOOST_AUTO_TEST_CASE(a_path_cannot_break_out_of_its_attribute) {
    place.directory = "/srv/a'b&c<d";
    BOOST_TEST(has("<source file='/srv/a&apos;b&amp;c&lt;d/disk.raw'/>"));
}

BOOST_AUTO_TEST_CASE(a_tap_s_name_fits_into_linux_and_is_always_the_same_for_the_same_stand_in) {
    const base::StandInName longest(std::string(63, 'x'));
    BOOST_TEST(tapNameOf("vmhost1", longest).text().size() == 15U);
    BOOST_TEST(tapNameOf("vmhost1", name) == base::PortName("si-73c25488397f"));
    BOOST_TEST(tapNameOf("vmhost1", name) != tapNameOf("vmhost2", name));
    BOOST_TEST(tapNameOf("vmhost1", name) != tapNameOf("vmhost1", base::StandInName("server01-2")));
}

BOOST_AUTO_TEST_CASE(a_guest_agent_is_there_when_its_channel_is_connected) {
    const auto channel = [](const std::string& state) {
        return "<domain><devices><disk><target dev='vda'/></disk><channel type='unix'><target type='virtio' "
               "name='org.qemu.guest_agent.0'" +
               state + "/></channel></devices></domain>";
    };
    BOOST_TEST(hasConnectedGuestAgent(channel(" state='connected'")));
    BOOST_TEST(!hasConnectedGuestAgent(channel(" state='disconnected'")));
    BOOST_TEST(!hasConnectedGuestAgent(channel("")));
    BOOST_TEST(!hasConnectedGuestAgent("<domain/>"));
    BOOST_TEST(!hasConnectedGuestAgent("no XML at all"));
}

BOOST_AUTO_TEST_SUITE_END()
