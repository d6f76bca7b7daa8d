#include "agent/image_store/images/byte_range.hpp"

#include <boost/test/unit_test.hpp>

using standin::image_store::parseRange;
using standin::image_store::RangeAsked;
using Kind = RangeAsked::Kind;

namespace {

bool part(const char* header, std::uint64_t begin, std::uint64_t end) {
    auto asked = parseRange(header, 1000);
    return asked.kind == Kind::Part && asked.range.begin == begin && asked.range.end == end;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(byte_range)

BOOST_AUTO_TEST_CASE(the_three_forms_of_a_range_are_understood_and_clamped) {
    BOOST_TEST(part("bytes=0-0", 0, 1));
    BOOST_TEST(part("bytes=10-19", 10, 20));
    BOOST_TEST(part("bytes=990-5000", 990, 1000));
    BOOST_TEST(part("bytes=7-", 7, 1000));
    BOOST_TEST(part("bytes=-10", 990, 1000));
    BOOST_TEST(part("bytes=-5000", 0, 1000));
    BOOST_TEST(part("bytes=0-18446744073709551615", 0, 1000));
}

BOOST_AUTO_TEST_CASE(a_range_behind_the_end_can_not_be_satisfied) {
    BOOST_TEST((parseRange("bytes=1000-", 1000).kind == Kind::Unsatisfiable));
    BOOST_TEST((parseRange("bytes=5000-6000", 1000).kind == Kind::Unsatisfiable));
    BOOST_TEST((parseRange("bytes=-0", 1000).kind == Kind::Unsatisfiable));
}

BOOST_AUTO_TEST_CASE(anything_else_is_ignored) {
    for (const char* header :
         {"", "bytes", "bytes=", "bytes=-", "bytes=5", "bytes=9-3", "bytes=a-b", "bytes=1-2,4-5", "rows=1-2",
          "bytes=-1-2", "bytes=99999999999999999999999-", "bytes= 1-2", "bytes=+1-2"}) {
        BOOST_TEST((parseRange(header, 1000).kind == Kind::Whole), header);
    }
}

BOOST_AUTO_TEST_SUITE_END()
