#include "agent/base/units.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin::base;

BOOST_AUTO_TEST_SUITE(units)

BOOST_AUTO_TEST_CASE(durations_and_sizes_need_their_unit) {
    BOOST_TEST(parseDuration("2s")->count() == 2000);
    BOOST_TEST(parseDuration("5min")->count() == 300'000);
    BOOST_TEST(*parseBytes("64KiB") == 65536U);
    for (const auto* wrong :
         {"2", "", "s", "-1s", "2 weeks", "1.5s", "99999999999999999999s", "9223372036854775807ms", "3651d"})
        BOOST_TEST(!parseDuration(wrong).has_value());
    for (const auto* wrong : {"64", "64kb", "-1MiB", "9999999999TiB"}) BOOST_TEST(!parseBytes(wrong).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
