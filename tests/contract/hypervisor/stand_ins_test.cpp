// StandIns over libvirt's test driver: the promises of agent/README.md that need no guest.
#include "agent/hypervisor/stand_ins/stand_ins.hpp"

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <filesystem>
#include <optional>

#include "agent/base/durable_file.hpp"
#include "agent/http/metrics.hpp"
#include "agent/hypervisor/libvirt/libvirt_domains.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using namespace standin::hypervisor;
using namespace std::chrono_literals;
using base::ErrorCode;
using protocol::StandInState;

namespace {

/// A store whose answers a test decides, and whose transfers wait until they are let go.
class ScriptedImages final : public ImageSource {
  public:
    std::uint64_t size_bytes = 1 << 20;
    std::optional<base::Error> description_failure;
    std::optional<base::Error> transfer_failure;

    base::Result<protocol::Image> describe(const std::string&, const base::ImageId& image) override {
        if (description_failure) return base::failure(*description_failure);
        protocol::Image described;
        described.id = image;
        described.state = protocol::ImageState::Ready;
        described.size_bytes = size_bytes;
        return described;
    }
    base::Result<void> fetch(const std::string&, const base::ImageId&, const std::string& path,
                             const std::function<void(const protocol::Progress&)>& tell,
                             const std::atomic<bool>& stopping) override {
        tests::writeFile(path, "half an image");
        tell({512 << 10, 1 << 20, 1e6});
        std::unique_lock lock(mutex_);
        begun_ = true;
        changed_.notify_all();
        while (held_ && !stopping) changed_.wait_for(lock, 5ms);
        if (stopping) return base::failure(ErrorCode::Refused, "cancelled");
        if (transfer_failure) return base::failure(*transfer_failure);
        return {};
    }
    void hold() {
        std::lock_guard lock(mutex_);
        held_ = true;
    }
    void letGo() {
        std::lock_guard lock(mutex_);
        held_ = false;
        changed_.notify_all();
    }
    void waitUntilBegun() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return begun_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool held_ = false;
    bool begun_ = false;
};

struct Host {
    tests::TemporaryDirectory directory;
    HypervisorSettings settings;
    LibvirtDomains domains{"test:///default"};
    ScriptedImages images;
    base::SystemClock clock;
    http::Metrics metrics;
    base::Log silent{"test", [](base::LogLevel, std::string_view) {}};
    std::unique_ptr<StandIns> stand_ins;
    base::StandInName name{"server01-1"};
    protocol::StandInDefinition definition;

    Host() {
        settings.uri = "test:///default";
        settings.stand_in_dir = directory / "stand-ins";
        settings.bridge = "br0";
        settings.landing_vlan = 4000;
        settings.stop_within = 2s;
        definition.server = base::ServerName("server01");
        definition.image = base::ImageId("image1");
        definition.image_url = "https://store1:8441";
        definition.memory_mib = 64;
        definition.maximum_memory_mib = 128;
        definition.vcpus = 1;
        definition.maximum_vcpus = 2;
        definition.mac = "52:54:00:77:01:0a";
        definition.address = "10.77.1.10";
        definition.ports = {8080};
        begin();
    }
    ~Host() {
        images.letGo();
        for (const auto& stand_in : stand_ins->list()) static_cast<void>(stand_ins->remove(stand_in.name));
    }
    void begin() {
        stand_ins =
            std::make_unique<StandIns>(HostContext{settings, "contract", domains, clock, metrics, silent}, images);
        BOOST_REQUIRE(stand_ins->start());
    }
    StandInState waitWhileMaking() {
        while (true) {
            auto told = stand_ins->get(name);
            BOOST_REQUIRE(told);
            if (told->state != StandInState::Making) return told->state;
            std::this_thread::yield();
        }
    }
    void make() {
        BOOST_REQUIRE(stand_ins->make(name, definition));
        BOOST_REQUIRE((waitWhileMaking() == StandInState::Stopped));
    }
    StandInState state() {
        auto told = stand_ins->get(name);
        BOOST_REQUIRE(told);
        return told->state;
    }
    ErrorCode refusalOf(const base::Result<protocol::StandIn>& result) {
        BOOST_REQUIRE(!result);
        return result.error().code;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stand_ins_contract, Host)

BOOST_AUTO_TEST_CASE(a_stand_in_that_is_made_is_stopped_and_its_definition_is_kept) {
    make();
    const auto xml = base::readWhole(settings.stand_in_dir + "/server01-1/domain.xml");
    BOOST_REQUIRE(xml);
    BOOST_TEST(xml->find("52:54:00:77:01:0a") != std::string::npos);
    BOOST_TEST(stand_ins->get(name)->port.empty());
}

BOOST_AUTO_TEST_CASE(while_it_is_made_it_tells_how_far_and_takes_no_verbs) {
    images.hold();
    BOOST_TEST((stand_ins->make(name, definition)->state == StandInState::Making));
    images.waitUntilBegun();
    BOOST_TEST(stand_ins->get(name)->progress.done_bytes == 512U << 10);
    BOOST_TEST((refusalOf(stand_ins->setState(name, StandInState::Running)) == ErrorCode::WrongState));
    images.letGo();
    BOOST_TEST((waitWhileMaking() == StandInState::Stopped));
}

BOOST_AUTO_TEST_CASE(making_it_again_is_the_same_stand_in) {
    make();
    const auto uuid = stand_ins->get(name)->uuid;
    BOOST_TEST(stand_ins->make(name, definition)->uuid == uuid);
    BOOST_TEST(stand_ins->list().size() == 1U);
}

BOOST_AUTO_TEST_CASE(another_definition_under_the_same_name_is_a_conflict) {
    make();
    definition.memory_mib = 65;
    BOOST_TEST((refusalOf(stand_ins->make(name, definition)) == ErrorCode::Conflict));
}

BOOST_AUTO_TEST_CASE(of_one_that_is_kept_only_the_disk_is_left_until_it_is_deleted) {
    for (const auto before : {StandInState::Running, StandInState::Suspended, StandInState::Stopped}) {
        make();
        if (before == StandInState::Suspended) BOOST_REQUIRE(stand_ins->setState(name, StandInState::Running));
        BOOST_REQUIRE(stand_ins->setState(name, before));
        const auto committed = stand_ins->capacity()->memory_committed_mib;
        const auto uuid = stand_ins->get(name)->uuid;
        const auto kept = stand_ins->setState(name, StandInState::Kept);
        BOOST_REQUIRE_MESSAGE(kept, (kept ? "" : kept.error().message));
        BOOST_TEST((kept->state == StandInState::Kept));
        BOOST_TEST((domains.status(uuid)->state == DomainState::Absent));
        BOOST_TEST(stand_ins->capacity()->memory_committed_mib < committed);
        BOOST_TEST(stand_ins->capacity()->stand_ins == 0U);
        BOOST_TEST(stand_ins->capacity()->kept_disks == 1U);
        BOOST_TEST((refusalOf(stand_ins->setState(name, StandInState::Running)) == ErrorCode::WrongState));
        BOOST_TEST((refusalOf(stand_ins->make(name, definition)) == ErrorCode::Conflict));
        BOOST_TEST(stand_ins->setState(name, StandInState::Kept).has_value());
        stand_ins.reset();
        begin();
        BOOST_TEST((state() == StandInState::Kept));
        BOOST_TEST(stand_ins->capacity()->kept_disks == 1U);
        BOOST_TEST(std::filesystem::exists(settings.stand_in_dir + "/server01-1/disk.raw"));
        BOOST_REQUIRE(stand_ins->remove(name));
        BOOST_TEST(stand_ins->capacity()->kept_disks == 0U);
        BOOST_TEST(!std::filesystem::exists(settings.stand_in_dir + "/server01-1"));
    }
}

BOOST_AUTO_TEST_CASE(states_are_absolute) {
    make();
    for (auto wanted : {StandInState::Stopped, StandInState::Running, StandInState::Running, StandInState::Suspended,
                        StandInState::Suspended, StandInState::Running, StandInState::Stopped, StandInState::Stopped}) {
        const auto told = stand_ins->setState(name, wanted);
        BOOST_REQUIRE(told);
        BOOST_TEST((told->state == wanted));
        BOOST_TEST((state() == wanted));
    }
}

BOOST_AUTO_TEST_CASE(a_suspended_stand_in_stops_without_executing_again) {
    make();
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Running));
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Suspended));
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Stopped));
    BOOST_TEST((state() == StandInState::Stopped));
}

BOOST_AUTO_TEST_CASE(a_stopped_stand_in_cannot_be_suspended) {
    make();
    BOOST_TEST((refusalOf(stand_ins->setState(name, StandInState::Suspended)) == ErrorCode::WrongState));
}

BOOST_AUTO_TEST_CASE(its_port_is_told_once_it_was_started) {
    make();
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Running));
    BOOST_TEST(stand_ins->get(name)->port == tapNameOf("contract", name));
}

BOOST_AUTO_TEST_CASE(an_image_that_is_not_there_makes_nothing) {
    images.description_failure = base::Error{ErrorCode::NotFound, "image 'image1' does not exist"};
    BOOST_TEST((refusalOf(stand_ins->make(name, definition)) == ErrorCode::NotFound));
    BOOST_TEST(stand_ins->list().empty());
}

BOOST_AUTO_TEST_CASE(a_transfer_that_fails_leaves_a_failed_stand_in_that_says_why_and_no_disk) {
    images.transfer_failure = base::Error{ErrorCode::Corrupt, "block 7 came not as it was captured"};
    BOOST_REQUIRE(stand_ins->make(name, definition));
    BOOST_TEST((waitWhileMaking() == StandInState::Failed));
    BOOST_TEST(stand_ins->get(name)->problem == "block 7 came not as it was captured");
    BOOST_TEST(!std::filesystem::exists(settings.stand_in_dir + "/server01-1/disk.raw"));
    images.transfer_failure.reset();
    BOOST_REQUIRE(stand_ins->make(name, definition));
    BOOST_TEST((waitWhileMaking() == StandInState::Stopped));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_before_anything_is_made) {
    definition.memory_mib = definition.maximum_memory_mib = 1 << 20;
    BOOST_TEST((refusalOf(stand_ins->make(name, definition)) == ErrorCode::Refused));
    definition.memory_mib = definition.maximum_memory_mib = 64;
    definition.vcpus = definition.maximum_vcpus = 4096;
    BOOST_TEST((refusalOf(stand_ins->make(name, definition)) == ErrorCode::Refused));
    definition.vcpus = definition.maximum_vcpus = 1;
    images.size_bytes = 1ULL << 60;
    BOOST_TEST((refusalOf(stand_ins->make(name, definition)) == ErrorCode::Refused));
    BOOST_TEST(stand_ins->list().empty());
    BOOST_TEST(!std::filesystem::exists(settings.stand_in_dir + "/server01-1"));
}

BOOST_AUTO_TEST_CASE(capacity_counts_what_was_promised) {
    const auto before = stand_ins->capacity();
    make();
    const auto after = stand_ins->capacity();
    BOOST_TEST((after && after->kept_disks == 0U));
    BOOST_REQUIRE((before && after));
    BOOST_TEST(after->memory_committed_mib == before->memory_committed_mib + 64 + overhead_per_guest_mib);
    BOOST_TEST(after->vcpus_committed == before->vcpus_committed + 1);
    BOOST_TEST(after->stand_ins == before->stand_ins + 1);
    BOOST_TEST(after->acceleration == "test");
}

BOOST_AUTO_TEST_CASE(a_definition_with_a_broken_address_is_invalid) {
    definition.mac = "53:54:00:77:01:0a";  // to many
    BOOST_TEST((refusalOf(stand_ins->make(name, definition)) == ErrorCode::InvalidInput));
    definition.mac = "52:54:00:77:01:0a";
    definition.address = "10.77.1.";
    BOOST_TEST((refusalOf(stand_ins->make(name, definition)) == ErrorCode::InvalidInput));
}

BOOST_AUTO_TEST_CASE(resources_beyond_the_maximum_are_invalid) {
    make();
    BOOST_TEST((refusalOf(stand_ins->setResources(name, {129, 1, 100})) == ErrorCode::InvalidInput));
    BOOST_TEST((refusalOf(stand_ins->setResources(name, {64, 3, 100})) == ErrorCode::InvalidInput));
}

BOOST_AUTO_TEST_CASE(deleting_one_that_is_being_made_ends_its_making) {
    images.hold();
    BOOST_REQUIRE(stand_ins->make(name, definition));
    images.waitUntilBegun();
    BOOST_TEST(stand_ins->remove(name).has_value());
    BOOST_TEST(stand_ins->list().empty());
    BOOST_TEST(!std::filesystem::exists(settings.stand_in_dir + "/server01-1"));
}

BOOST_AUTO_TEST_CASE(deleting_a_running_one_leaves_nothing_and_deleting_it_again_succeeds) {
    make();
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Running));
    const auto uuid = stand_ins->get(name)->uuid;
    BOOST_TEST(stand_ins->remove(name).has_value());
    BOOST_TEST((domains.status(uuid)->state == DomainState::Absent));
    BOOST_TEST(stand_ins->remove(name).has_value());
    BOOST_TEST((refusalOf(stand_ins->get(name)) == ErrorCode::NotFound));
}

BOOST_AUTO_TEST_CASE(after_a_restart_of_the_agent_stand_ins_are_there_in_their_states) {
    make();
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Running));
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Suspended));
    stand_ins.reset();
    begin();
    BOOST_TEST((state() == StandInState::Suspended));
}

BOOST_AUTO_TEST_CASE(one_whose_making_the_agent_s_end_broke_off_can_be_made_anew) {
    images.hold();
    BOOST_REQUIRE(stand_ins->make(name, definition));
    images.waitUntilBegun();
    stand_ins.reset();
    begin();
    BOOST_TEST((state() == StandInState::Failed));
    images.letGo();
    make();
}

BOOST_AUTO_TEST_CASE(requests_that_cannot_be_seen_are_incomplete_and_those_of_a_stopped_one_are_none_for_certain) {
    make();
    BOOST_TEST(stand_ins->requests(name)->complete);
    BOOST_REQUIRE(stand_ins->setState(name, StandInState::Running));
    BOOST_TEST(!stand_ins->requests(name)->complete);  // the test driver has no taps
}

BOOST_AUTO_TEST_CASE(health_names_its_checks) {
    protocol::Health health;
    stand_ins->checkHealth(health);
    std::vector<std::string> names;
    for (const auto& check : health.checks) names.push_back(check.name);
    for (const auto* wanted : {"libvirt", "bridge", "acceleration"}) {
        BOOST_TEST((std::find(names.begin(), names.end(), wanted) != names.end()));
    }
    BOOST_TEST(health.ok());
}

BOOST_AUTO_TEST_SUITE_END()
