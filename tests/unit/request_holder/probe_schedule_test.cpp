#include "agent/request_holder/probe/probe_schedule.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

#include "agent/request_holder/probe/probing.hpp"

using namespace standin::request_holder;
using namespace std::chrono_literals;
using Time = ProbeSchedule::Time;

namespace {

// Starts attempts until `end` against a machine that answers nothing; what is closed to make room is left out of the
// result.
std::map<std::size_t, Time> unansweredUntil(ProbeSchedule& schedule, Time end) {
    std::map<std::size_t, Time> open;
    for (Time now{0}; now < end; now = schedule.next(now)) {
        while (auto victim = schedule.victim()) {
            schedule.end(*victim);
            open.erase(*victim);
        }
        open[schedule.begin(now)] = now;
    }
    return open;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_machine_that_comes_within_a_tenth_of_a_second_is_asked_every_few_milliseconds) {
    ProbeSchedule schedule;
    for (Time now{0}; now < 100ms; now = schedule.next(now)) BOOST_TEST((schedule.next(now) - now <= 7ms));
}

BOOST_AUTO_TEST_CASE(the_pause_never_exceeds_fifty_milliseconds_while_nobody_answers) {
    ProbeSchedule schedule;
    BOOST_TEST((schedule.next(600s) - 600s == 50ms));
}

BOOST_AUTO_TEST_CASE(attempts_in_flight_are_bounded) {
    ProbeSchedule schedule;
    unansweredUntil(schedule, 60s);
    BOOST_TEST(schedule.inFlight() <= ProbeSchedule::in_flight_limit);
    BOOST_TEST(schedule.begun() > 1000U);
}

BOOST_AUTO_TEST_CASE(the_first_attempt_and_long_lived_ones_are_never_given_up_for_newer_ones) {
    ProbeSchedule schedule;
    const auto open = unansweredUntil(schedule, 60s);
    BOOST_TEST((open.begin()->second == 0ms));
    std::size_t old = 0;
    for (const auto& [id, started] : open) old += started < 30s ? 1 : 0;
    BOOST_TEST(old >= 8U);
    BOOST_TEST((open.rbegin()->second > 59900ms));
}

BOOST_AUTO_TEST_CASE(a_machine_that_has_accepted_a_connection_is_left_the_time_to_answer) {
    ProbeSchedule schedule;
    schedule.begin(Time(0));
    BOOST_TEST((schedule.next(1ms) - 1ms == 3ms));
    schedule.connected(1);
    BOOST_TEST((schedule.next(1ms) - 1ms == 20ms));
    BOOST_TEST((schedule.next(600s) - 600s == 50ms));
    schedule.end(1);
    BOOST_TEST((schedule.next(1ms) - 1ms == 3ms));
}

BOOST_AUTO_TEST_CASE(a_job_that_accepts_but_is_slow_is_not_flooded) {
    ProbeSchedule schedule;
    for (std::size_t count = 0; count < ProbeSchedule::connected_enough; ++count)
        schedule.connected(schedule.begin(Time(count)));
    BOOST_TEST((schedule.next(1ms) - 1ms == 250ms));
    schedule.end(1);
    BOOST_TEST((schedule.next(1ms) - 1ms == 20ms));
}

BOOST_AUTO_TEST_CASE(an_http_status_is_read_from_a_whole_status_line_only) {
    BOOST_TEST(httpStatus("HTTP/1.1 200 OK\r\n") == 200);
    BOOST_TEST(httpStatus("HTTP/1.0 503 Service Unavailable\r\nX: y\r\n") == 503);
    BOOST_TEST(httpStatus("HTTP/1.1 204\r\n") == 204);
    BOOST_TEST(httpStatus("HTTP/1.1 200 O") == 0);
    BOOST_TEST(httpStatus("") == 0);
    BOOST_TEST(httpStatus("220 mail ESMTP\r\n") == -1);
    BOOST_TEST(httpStatus("HTTP/1.1 2x0 OK\r\n") == -1);
    BOOST_TEST(httpStatus("HTTP/1.1\r\n") == -1);
    BOOST_TEST(httpStatus(std::string(5000, 'x')) == -1);
}
