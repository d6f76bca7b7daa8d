#include "coordinator/traps/degraded_conditions.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "trap_builder.hpp"

using namespace standin::traps;
using namespace standin::traps::testing;
using standin::base::ServerName;

namespace {

struct Conditions {
    std::string pattern = "/tmp/standin-degraded-XXXXXX";
    const std::filesystem::path directory = mkdtemp(pattern.data());
    std::vector<std::string> told;
    TrapRules shipped = TrapRules::fromFile(STANDIN_SHIPPED_RULES).value();
    DegradedConditions degraded = opened();

    Conditions() = default;
    Conditions(const Conditions&) = delete;
    Conditions& operator=(const Conditions&) = delete;
    ~Conditions() { std::filesystem::remove_all(directory); }

    DegradedConditions opened() {
        return {directory / "degraded.json",
                [this](const ServerName&, const DegradedCondition& one) { told.push_back(one.reason); }};
    }
    void take(const Trap& made) {
        TrapRecord record;
        record.trap = made;
        record.verdict = classify(made, shipped, servers);
        degraded.take(record);
    }
    [[nodiscard]] std::size_t open(const char* server = "server01") const {
        return degraded.of(ServerName(server)).size();
    }

    const ServerDirectory servers = testing::directory();
};

/// iDRAC's trap `number` about this part.
Trap idracTrap(const std::string& number, const std::string& part) {
    Trap made = trap("1.3.6.1.4.1.674.10892.5.3.2.1.0." + number);
    made.varbinds.push_back(octets("1.3.6.1.4.1.674.10892.5.3.1.6.0", part));
    return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(degraded_conditions)

BOOST_FIXTURE_TEST_CASE(a_condition_is_told_once_until_it_is_cleared, Conditions) {
    take(idracTrap("2185", "PSU.Slot.1"));
    take(idracTrap("2185", "PSU.Slot.1"));
    BOOST_TEST(told.size() == 1U);
    BOOST_REQUIRE(open() == 1U);
    BOOST_TEST(degraded.of(ServerName("server01"))[0].count == 2U);
    take(idracTrap("2187", "PSU.Slot.1"));
    BOOST_TEST(open() == 0U);
    take(idracTrap("2185", "PSU.Slot.1"));
    BOOST_TEST(told.size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_part_that_is_well_again_says_nothing_of_another_one, Conditions) {
    take(idracTrap("2185", "PSU.Slot.1"));
    take(idracTrap("2185", "PSU.Slot.2"));
    take(idracTrap("2153", "Fan.1"));
    take(idracTrap("2187", "PSU.Slot.2"));
    take(idracTrap("2267", "DIMM.Socket.A1"));
    BOOST_TEST(open() == 2U);
    BOOST_TEST(told.size() == 3U);
}

BOOST_FIXTURE_TEST_CASE(an_event_ends_by_its_own_deassertion_or_when_its_sensor_is_well, Conditions) {
    take(platformEvent(0x010107));  // above the first limit, then the second
    take(platformEvent(0x010109));
    BOOST_TEST(open() == 2U);
    take(platformEvent(0x010189));
    BOOST_TEST(open() == 1U);
    take(platformEvent(0x010106));  // back inside
    BOOST_TEST(open() == 0U);
}

BOOST_FIXTURE_TEST_CASE(failures_tests_and_unknown_servers_open_nothing, Conditions) {
    take(platformEvent(0x076f00));
    take(platformEvent(0));
    take(platformEvent(0x086f01, "10.9.9.9"));
    BOOST_TEST(told.empty());
    BOOST_TEST(open() == 0U);
}

BOOST_FIXTURE_TEST_CASE(an_operator_acknowledges_all_of_a_server, Conditions) {
    take(idracTrap("2185", "PSU.Slot.1"));
    take(idracTrap("2153", "Fan.1"));
    degraded.acknowledge(ServerName("server01"));
    BOOST_TEST(open() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_restart_forgets_nothing_and_a_broken_file_is_told, Conditions) {
    take(idracTrap("2185", "PSU.Slot.1"));
    BOOST_REQUIRE(degraded.save());
    auto later = opened();
    BOOST_REQUIRE(later.load());
    BOOST_REQUIRE(later.of(ServerName("server01")).size() == 1U);
    BOOST_TEST(toJson(later.of(ServerName("server01"))[0]) == toJson(degraded.of(ServerName("server01"))[0]));
    std::ofstream(directory / "degraded.json") << "{\"conditions\": [{}]}";
    BOOST_TEST((opened().load().error().code == standin::base::ErrorCode::Corrupt));
    std::filesystem::remove(directory / "degraded.json");
    BOOST_TEST(opened().load().has_value());
    ::mkfifo((directory / "degraded.json").c_str(), 0600);  // is not waited for, and replaced
    BOOST_TEST((opened().load().error().code == standin::base::ErrorCode::Corrupt));
    later.acknowledge(ServerName("server01"));
    BOOST_REQUIRE(later.save());
    BOOST_TEST(opened().load().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_flood_of_parts_stays_bounded, Conditions) {
    for (int i = 0; i < 1000; ++i) take(idracTrap("2185", "PSU." + std::to_string(i)));
    BOOST_TEST(open() == DegradedConditions::most_of_server);
    BOOST_TEST(told.size() == DegradedConditions::most_of_server);
}

BOOST_AUTO_TEST_SUITE_END()
