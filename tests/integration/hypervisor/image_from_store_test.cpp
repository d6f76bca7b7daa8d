// A stand-in's disk comes over TLS from an image store's agent; libvirt's test driver carries the stand-in.
#include "agent/hypervisor/libvirt/libvirt_domains.hpp"
#include "agent/hypervisor/stand_ins/agent_image_source.hpp"
#include "agent/hypervisor/stand_ins/stand_ins.hpp"
#include "tests/integration/image_store/store_agent.hpp"

using namespace standin;
using namespace standin::hypervisor;
using base::ErrorCode;
using protocol::StandInState;

namespace {

struct TwoAgents : image_store::StoreAgent {
    http::TlsFiles vm_host = authority.issue("vmhost1");
    HypervisorSettings host_settings;
    LibvirtDomains domains{"test:///default"};
    http::Metrics host_metrics;
    std::unique_ptr<AgentImageSource> images;
    std::unique_ptr<StandIns> stand_ins;
    base::StandInName name{"server01-1"};
    protocol::StandInDefinition definition;

    TwoAgents() {
        host_settings.uri = "test:///default";
        host_settings.stand_in_dir = directory / "stand-ins";
        host_settings.bridge = "br0";
        host_settings.landing_vlan = 4000;
        auto context = http::clientContext(vm_host);
        BOOST_REQUIRE(context);
        images = std::make_unique<AgentImageSource>(*context);
        stand_ins = std::make_unique<StandIns>(
            HostContext{host_settings, "fetching", domains, clock, host_metrics, image_store::silent()}, *images);
        BOOST_REQUIRE(stand_ins->start());
        definition.server = base::ServerName("server01");
        definition.image = base::ImageId("a");
        definition.image_url = url();
        definition.memory_mib = definition.maximum_memory_mib = 64;
        definition.mac = "52:54:00:77:01:0a";
        definition.address = "10.77.1.10";
        definition.ports = {8080};
    }
    ~TwoAgents() { static_cast<void>(stand_ins->remove(name)); }

    protocol::StandIn made() {
        while (true) {
            auto told = stand_ins->get(name);
            BOOST_REQUIRE(told);
            if (told->state != StandInState::Making) return *told;
            std::this_thread::yield();
        }
    }
    [[nodiscard]] std::string disk() const { return host_settings.stand_in_dir + "/server01-1/disk.raw"; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(image_from_store, TwoAgents)

BOOST_AUTO_TEST_CASE(the_disk_is_the_image_byte_for_byte_and_sparse) {
    captured("a");
    BOOST_REQUIRE(stand_ins->make(name, definition));
    const auto told = made();
    BOOST_TEST((told.state == StandInState::Stopped));
    BOOST_TEST(told.progress.done_bytes == told.progress.total_bytes);
    BOOST_TEST((image_store::readFile(disk()) == image_store::readFile(directory / "server01")));
    BOOST_TEST(image_store::allocated(disk()) < std::filesystem::file_size(disk()) / 2);
}

BOOST_AUTO_TEST_CASE(an_image_the_store_does_not_have_makes_nothing) {
    const auto begun = stand_ins->make(name, definition);
    BOOST_REQUIRE(!begun);
    BOOST_TEST((begun.error().code == ErrorCode::NotFound));
    BOOST_TEST(!std::filesystem::exists(disk()));
}

BOOST_AUTO_TEST_CASE(a_store_that_is_down_makes_nothing_and_is_named_unreachable) {
    captured("a");
    stop();
    const auto begun = stand_ins->make(name, definition);
    BOOST_REQUIRE(!begun);
    BOOST_TEST((begun.error().code == ErrorCode::Unreachable));
}

BOOST_AUTO_TEST_CASE(an_image_that_rotted_in_the_store_makes_a_failed_stand_in_that_says_so) {
    captured("a");
    for (const auto& file : std::filesystem::recursive_directory_iterator(settings.images_dir + "/a")) {
        if (file.is_regular_file() && file.file_size() > image_store::block)
            image_store::flip(file.path().string(), 100);
    }
    BOOST_REQUIRE(stand_ins->make(name, definition));
    const auto told = made();
    BOOST_TEST((told.state == StandInState::Failed));
    BOOST_TEST(!told.problem.empty());
    BOOST_TEST(!std::filesystem::exists(disk()));
}

BOOST_AUTO_TEST_SUITE_END()
