#include "coordinator/journal/timestamp_field.hpp"

#include <boost/test/unit_test.hpp>

#include "agent/base/clock.hpp"

using namespace standin;
using namespace std::chrono;

BOOST_AUTO_TEST_SUITE(moments)

BOOST_AUTO_TEST_CASE(a_moment_is_written_in_utc_with_microseconds) {
    BOOST_TEST(base::rfc3339(base::WallTime(microseconds(1'700'000'000'123'456))) == "2023-11-14T22:13:20.123456Z");
    BOOST_TEST(base::rfc3339(base::WallTime{}) == "1970-01-01T00:00:00.000000Z");
    BOOST_TEST(base::rfc3339(base::WallTime(-microseconds(1))) == "1969-12-31T23:59:59.999999Z");
}

BOOST_AUTO_TEST_CASE(every_moment_is_read_as_it_was_written) {
    // 37 hours, 11 minutes and a bit: leap days, ends of years and of months, and all hours are among them.
    const auto stride = microseconds(hours(37) + minutes(11)) + microseconds(7'654'321);
    for (auto time = base::WallTime(sys_days(year(1999) / 1 / 1)); time < base::WallTime(sys_days(year(2101) / 1 / 1));
         time += stride) {
        const auto read = journal::parseTimestamp(base::rfc3339(time));
        if (!read || *read != time) BOOST_FAIL("not read as it was written: " + base::rfc3339(time));
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_moment_is_corrupt) {
    for (const char* wrong :
         {"", "yesterday", "2026-11-23", "2026-11-23T05:06:07Z", "2026-11-23T05:06:07.123456",
          "2026-11-23 05:06:07.123456Z", "2026-13-23T05:06:07.123456Z", "2026-02-29T05:06:07.123456Z",
          "2026-11-23T24:06:07.123456Z", "2026-11-23T05:60:07.123456Z", "2026-11-23T05:06:60.123456Z",
          "2026-11-23T05:06:07.12345xZ", "2026-11-23T05:06:07.123456Z "}) {
        const auto read = journal::parseTimestamp(wrong);
        BOOST_TEST(!read.has_value(), wrong);
        if (!read) BOOST_TEST((read.error().code == base::ErrorCode::Corrupt));
    }
}

BOOST_AUTO_TEST_SUITE_END()
