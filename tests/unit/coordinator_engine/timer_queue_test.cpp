#include "coordinator/engine/timer_queue.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin;
using namespace std::chrono_literals;
using engine::TimerQueue;

namespace {
constexpr base::WallTime noon{std::chrono::hours(12)};
}

BOOST_AUTO_TEST_SUITE(wakes)

BOOST_AUTO_TEST_CASE(what_is_due_is_taken_once_the_soonest_first) {
    TimerQueue wakes;
    wakes.set(1, noon + 2s);
    wakes.set(2, noon + 1s);
    wakes.set(3, noon + 3s);
    BOOST_TEST((wakes.next() == noon + 1s));
    BOOST_TEST((wakes.takeDue(noon) == std::nullopt));
    BOOST_TEST((wakes.takeDue(noon + 2s) == 2u));
    BOOST_TEST((wakes.takeDue(noon + 2s) == 1u));
    BOOST_TEST((wakes.takeDue(noon + 2s) == std::nullopt));
    BOOST_TEST(!wakes.has(1));
    BOOST_TEST(wakes.has(3));
}

BOOST_AUTO_TEST_CASE(a_new_time_takes_the_place_of_the_old_one) {
    TimerQueue wakes;
    wakes.set(1, noon);
    wakes.set(1, noon + 5s);
    BOOST_TEST((wakes.takeDue(noon + 4s) == std::nullopt));
    BOOST_TEST((wakes.next() == noon + 5s));
    wakes.erase(1);
    wakes.erase(1);
    BOOST_TEST((wakes.next() == std::nullopt));
    wakes.set(1, noon);
    wakes.clear();
    BOOST_TEST((wakes.takeDue(noon + 1h) == std::nullopt));
}

BOOST_AUTO_TEST_SUITE_END()
