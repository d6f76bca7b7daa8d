#include "agent/hypervisor/stand_ins/stand_in_registry.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "agent/base/durable_file.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using namespace standin::hypervisor;
using Phase = StandInRecord::Phase;

namespace {

struct RegistryHost {
    tests::TemporaryDirectory temporary;
    StandInDirectory directory{temporary / "stand-ins"};

    RegistryHost() { BOOST_REQUIRE(directory.prepare()); }
    static StandInRecord record(const std::string& name, Phase phase) {
        StandInRecord record;
        record.name = base::StandInName(name);
        record.definition.server = base::ServerName("server01");
        record.definition.image = base::ImageId("image1");
        record.definition.image_url = "https://store1:8441";
        record.definition.memory_mib = 192;
        record.definition.maximum_memory_mib = 384;
        record.definition.mac = "52:54:00:77:01:0a";
        record.definition.address = "10.77.1.10";
        record.definition.ports = {8080};
        record.resources = {256, 1, 100};
        record.uuid = "1ba435ee-9ba2-4acf-86ee-87db9f3f57e0";
        record.disk_bytes = 64ULL << 20;
        record.phase = phase;
        record.started_once = true;
        return record;
    }
    StandInEntryPtr reread(const std::string& name) {
        StandInRegistry registry(directory);
        BOOST_REQUIRE(registry.load());
        return registry.find(base::StandInName(name));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stand_in_registry, RegistryHost)

BOOST_AUTO_TEST_CASE(a_record_comes_back_as_it_was_saved) {
    StandInRegistry registry(directory);
    BOOST_REQUIRE(registry.add(record("server01-1", Phase::Made)));
    const auto back = reread("server01-1")->snapshot();
    const auto given = record("server01-1", Phase::Made);
    BOOST_TEST((back.definition == given.definition));
    BOOST_TEST((back.resources == given.resources));
    BOOST_TEST(back.uuid == given.uuid);
    BOOST_TEST(back.disk_bytes == given.disk_bytes);
    BOOST_TEST((back.phase == Phase::Made));
    BOOST_TEST(back.started_once);
}

BOOST_AUTO_TEST_CASE(what_was_half_made_when_the_agent_ended_is_failed_and_says_what_to_do) {
    StandInRegistry registry(directory);
    BOOST_REQUIRE(registry.add(record("server01-1", Phase::Making)));
    const auto back = reread("server01-1")->snapshot();
    BOOST_TEST((back.phase == Phase::Failed));
    BOOST_TEST(back.problem.find("PUT it again or DELETE it") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_was_half_removed_when_the_agent_ended_can_be_removed_again) {
    StandInRegistry registry(directory);
    BOOST_REQUIRE(registry.add(record("server01-1", Phase::Removing)));
    BOOST_TEST((reread("server01-1")->snapshot().phase == Phase::Failed));
    BOOST_TEST(directory.remove(base::StandInName("server01-1")).has_value());
    BOOST_TEST(!reread("server01-1"));
}

BOOST_AUTO_TEST_CASE(a_directory_without_a_readable_record_is_told_and_left_alone) {
    std::filesystem::create_directory(directory.root() + "/empty");
    std::filesystem::create_directory(directory.root() + "/broken");
    tests::writeFile(directory.root() + "/broken/stand_in.json", "{\"name\": ");
    StandInRegistry registry(directory);
    BOOST_REQUIRE(registry.load());
    BOOST_TEST(registry.unreadable().size() == 2U);
    BOOST_TEST(registry.all().empty());
    BOOST_TEST(std::filesystem::exists(directory.root() + "/broken/stand_in.json"));
}

BOOST_AUTO_TEST_CASE(removing_what_is_not_there_succeeds) {
    BOOST_TEST(directory.remove(base::StandInName("nobody-1")).has_value());
}

BOOST_AUTO_TEST_CASE(qemu_s_user_may_pass_through_but_not_list_the_directories) {
    StandInRegistry registry(directory);
    BOOST_REQUIRE(registry.add(record("server01-1", Phase::Made)));
    struct stat status {};
    BOOST_REQUIRE(::stat(directory.pathOf(base::StandInName("server01-1")).c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 07U) == 01U);
    BOOST_REQUIRE(::stat((temporary / "stand-ins").c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777U) == 0711U);  // as roles/standin_agent makes it
}

BOOST_AUTO_TEST_CASE(a_failed_stand_in_demands_nothing) {
    StandInRegistry registry(directory);
    BOOST_REQUIRE(registry.add(record("server01-1", Phase::Made)));
    BOOST_REQUIRE(registry.add(record("server01-2", Phase::Failed)));
    const auto requests = registry.requests();
    BOOST_REQUIRE(requests.size() == 1U);
    BOOST_TEST(requests[0].memory_mib == 256U);
    BOOST_TEST(requests[0].disk_growth_mib == 64U);
    BOOST_TEST(registry.requests(base::StandInName("server01-1")).empty());
}

BOOST_AUTO_TEST_SUITE_END()
