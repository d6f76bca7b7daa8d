#include <boost/test/unit_test.hpp>

#include "agent/switch/ovs/gratuitous_arp.hpp"
#include "agent/switch/segment/announcement_schedule.hpp"

using namespace standin;
using namespace standin::lan_switch;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(announcements)

BOOST_AUTO_TEST_CASE(both_forms_tell_address_and_mac_to_everybody) {
    auto frames = gratuitousArp("10.77.1.10", "52:54:00:77:01:0a");
    BOOST_REQUIRE(frames);
    BOOST_REQUIRE(frames->size() == 2U);
    const std::string mac("\x52\x54\x00\x77\x01\x0a", 6);
    const std::string address("\x0a\x4d\x01\x0a", 4);
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& frame = (*frames)[i];
        BOOST_TEST(frame.size() == 60U);
        BOOST_TEST((frame.substr(0, 6) == std::string(6, '\xff')));
        BOOST_TEST((frame.substr(6, 6) == mac));
        BOOST_TEST((frame.substr(12, 9) == std::string("\x08\x06\x00\x01\x08\x00\x06\x04\x00", 9)));
        BOOST_TEST(static_cast<int>(frame[21]) == static_cast<int>(i + 1));
        BOOST_TEST((frame.substr(22, 10) == mac + address));
        BOOST_TEST((frame.substr(38, 4) == address));
    }
    BOOST_TEST(((*frames)[1].substr(32, 6) == mac));
    BOOST_TEST(!gratuitousArp("10.77.1", "52:54:00:77:01:0a"));
    BOOST_TEST(!gratuitousArp("10.77.1.10", "nonsense"));
}

BOOST_AUTO_TEST_CASE(the_last_repetitions_come_after_a_host_may_have_ignored_the_first) {
    AnnouncementSchedule schedule;
    const base::SteadyTime begin{};
    const base::SegmentId id("job01");
    schedule.plan(id, begin);
    int repetitions = 0;
    int late = 0;
    while (const auto next = schedule.next()) {
        BOOST_REQUIRE(schedule.take(*next - 1ns).empty());
        BOOST_REQUIRE(schedule.take(*next).size() == 1U);
        ++repetitions;
        if (*next > begin + 1s) ++late;
    }
    BOOST_TEST(repetitions == 4);
    BOOST_TEST(late == 2);
}

BOOST_AUTO_TEST_CASE(repetitions_that_were_missed_are_made_once) {
    AnnouncementSchedule schedule;
    const base::SteadyTime begin{};
    schedule.plan(base::SegmentId("job01"), begin);
    BOOST_TEST(schedule.take(begin + 500ms).size() == 1U);
    BOOST_TEST(schedule.take(begin + 500ms).empty());
    schedule.cancel(base::SegmentId("job01"));
    BOOST_TEST(!schedule.next().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
