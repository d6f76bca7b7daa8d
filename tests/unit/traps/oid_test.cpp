#include "coordinator/traps/oid.hpp"

#include <boost/test/unit_test.hpp>

#include "coordinator/traps/network_prefix.hpp"
#include "coordinator/traps/pet.hpp"
#include "trap_builder.hpp"

using namespace standin::traps;
using testing::oid;

BOOST_AUTO_TEST_SUITE(oids)

BOOST_AUTO_TEST_CASE(an_oid_is_dotted_numbers_with_or_without_a_leading_dot) {
    BOOST_TEST(oid(".1.3.6.1").text() == "1.3.6.1");
    BOOST_TEST((oid("1.3.6.1") == oid(".1.3.6.1")));
    for (const auto* wrong : {"", ".", "1", "1.", "1..3", "1.3.x", "1.3.-1", "1.3.4294967296", "ifIndex", "1.3 "}) {
        BOOST_TEST_CONTEXT(wrong) {
            BOOST_TEST(!Oid::parse(wrong));
        }
    }
}

BOOST_AUTO_TEST_CASE(an_oid_longer_than_128_numbers_is_refused) {
    std::string text = "1";
    for (int i = 1; i < 128; ++i) text += ".1";
    BOOST_TEST(Oid::parse(text).has_value());
    BOOST_TEST(!Oid::parse(text + ".1"));
}

BOOST_AUTO_TEST_CASE(a_pattern_with_a_star_takes_what_is_below_and_no_neighbour) {
    const auto below = OidPattern::parse("1.3.6.1.4.1.232.*").value();
    BOOST_TEST(below.matches(oid("1.3.6.1.4.1.232")));
    BOOST_TEST(below.matches(oid("1.3.6.1.4.1.232.0.6003")));
    BOOST_TEST(!below.matches(oid("1.3.6.1.4.1.2320")));
    BOOST_TEST(!below.matches(oid("1.3.6.1.4.1")));
    BOOST_TEST(!OidPattern::parse("1.3.6.1.4.1.232").value().matches(oid("1.3.6.1.4.1.232.0")));
    BOOST_TEST(!OidPattern::parse("*"));
    BOOST_TEST(!OidPattern::parse("1.3.*.4"));
}

BOOST_AUTO_TEST_CASE(a_network_contains_its_addresses_only) {
    const auto network = NetworkPrefix::parse("10.1.128.0/17").value();
    BOOST_TEST(network.contains("10.1.128.1"));
    BOOST_TEST(network.contains("::ffff:10.1.255.255"));
    BOOST_TEST(!network.contains("10.1.127.255"));
    BOOST_TEST(!network.contains("fd00::1"));
    BOOST_TEST(!network.contains("bmc1"));
    BOOST_TEST(NetworkPrefix::parse("fd00:77::/64").value().contains("fd00:77::9"));
    BOOST_TEST(NetworkPrefix::parse("0.0.0.0/0").value().contains("192.0.2.1"));
    for (const auto* wrong : {"10.1/16", "10.1.0.0/33", "10.1.0.0/", "10.1.0.0/x", "host"})
        BOOST_TEST(!NetworkPrefix::parse(wrong));
}

BOOST_AUTO_TEST_CASE(a_platform_event_is_sensor_event_offset_and_direction) {
    const auto asserted = platformEventOf(testing::platformEvent(0x056f00), EventCoding::Pet).value();
    BOOST_TEST(asserted.sensor_type == 0x05);
    BOOST_TEST(asserted.event_type == 0x6f);
    BOOST_TEST(asserted.offset == 0);
    BOOST_TEST(!asserted.deasserted);
    BOOST_TEST(platformEventOf(testing::platformEvent(356224), EventCoding::Pet)
                   .value()
                   .deasserted);  // a chassis intrusion that was cleared
    BOOST_TEST(!platformEventOf(testing::trap("1.3.6.1.4.1.3183.1.1.0.4294967295"), EventCoding::Pet));
    BOOST_TEST(platformEventOf(testing::trap("1.3.6.1.4.1.3183.1.1.356096"), EventCoding::Pet)->sensor_type == 0x05);
    BOOST_TEST(!platformEventOf(testing::trap("1.3.6.1.4.1.3183.1.1"), EventCoding::Pet));
    BOOST_TEST(!platformEventOf(testing::trap("1.3.6.1.4.1.3183.1.1.0.1.2"), EventCoding::Pet));
}

BOOST_AUTO_TEST_SUITE_END()
