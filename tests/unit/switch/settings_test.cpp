#include <boost/test/unit_test.hpp>

#include "agent/switch/switch_settings.hpp"

using namespace standin;

namespace {

std::vector<std::string> problemsOf(const std::string& text, lan_switch::SwitchSettings* settings = nullptr) {
    base::YamlProblems problems;
    auto reader = base::YamlReader::fromText(text, "agent.yml", problems);
    BOOST_REQUIRE(reader.has_value());
    const auto read = lan_switch::switchSettingsFrom(*reader);
    if (settings != nullptr) *settings = read;
    return problems.lines();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(switch_settings)

BOOST_AUTO_TEST_CASE(sockets_have_the_places_of_debian_unless_told) {
    lan_switch::SwitchSettings settings;
    BOOST_TEST(problemsOf("bridge: br0\nquarantine_vlans: 3000-3999\n", &settings).empty());
    BOOST_TEST(settings.places.ovsdb_socket == "/run/openvswitch/db.sock");
    BOOST_TEST(settings.places.openflow_socket == "/run/openvswitch/br0.mgmt");
    BOOST_TEST(settings.quarantine.first == 3000);
    BOOST_TEST(settings.quarantine.last == 3999);
}

BOOST_AUTO_TEST_CASE(ranges_that_are_none_and_unknown_keys_are_told_with_their_place) {
    for (const std::string range : {"3000", "0-10", "3999-3000", "3000-4095", "a-b", "3000-3999x", "3000-"}) {
        const auto problems = problemsOf("bridge: br0\nquarantine_vlans: " + range + "\n");
        BOOST_REQUIRE(problems.size() == 1U);
        BOOST_TEST(problems[0].find("agent.yml:2:") == 0U);
    }
    BOOST_TEST(problemsOf("bridge: br0\nquarantine_vlans: 3000-3999\nlanding_vlan: 4000\n").size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
