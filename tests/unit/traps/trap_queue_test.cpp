#include "coordinator/traps/trap_queue.hpp"

#include <boost/test/unit_test.hpp>
#include <future>
#include <thread>

#include "trap_builder.hpp"

using namespace standin::traps;
using namespace standin::traps::testing;

namespace {

Trap numbered(std::int64_t value) {
    Trap made = trap("1.3.6.1.4.1.9.1");
    made.varbinds.push_back(number("1.3.6.1.4.1.9.2", value));
    return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trap_queue)

BOOST_AUTO_TEST_CASE(traps_leave_in_the_order_of_their_arrival) {
    TrapQueue queue;
    for (int i = 0; i < 5; ++i) queue.push(numbered(i));
    for (int i = 0; i < 5; ++i) BOOST_TEST(*queue.pop()->varbinds[0].number == i);
}

BOOST_AUTO_TEST_CASE(an_equal_trap_is_counted_on_the_one_that_waits) {
    TrapQueue queue;
    for (int i = 0; i < 1000; ++i) queue.push(numbered(7));
    queue.push(numbered(8));
    for (int i = 0; i < 1000; ++i) queue.push(numbered(7));
    BOOST_TEST(queue.counts().depth == 2U);
    BOOST_TEST(queue.counts().coalesced == 1999U);
    BOOST_TEST(queue.pop()->count == 2000U);
    BOOST_TEST(*queue.pop()->varbinds[0].number == 8);
    queue.push(numbered(7));  // the one before has left
    BOOST_TEST(queue.pop()->count == 1U);
}

BOOST_AUTO_TEST_CASE(a_full_queue_makes_the_listener_wait_and_loses_nothing) {
    TrapQueue queue({.traps = 4, .bytes = 1 << 20});
    std::thread listener([&] {
        for (int i = 0; i < 1000; ++i) queue.push(numbered(i));
        queue.close();
    });
    int next = 0;
    while (auto popped = queue.pop()) BOOST_TEST(*popped->varbinds[0].number == next++);
    listener.join();
    BOOST_TEST(next == 1000);
    BOOST_TEST(queue.counts().deepest <= 4U);
}

BOOST_AUTO_TEST_CASE(a_queue_full_by_bytes_takes_one_large_trap_still) {
    TrapQueue queue({.traps = 100, .bytes = 1});
    Trap large = numbered(1);
    large.varbinds.push_back(octets("1.3.6.1.4.1.9.3", std::string(1000, 'x')));
    BOOST_TEST(queue.push(large));
    auto waiting = std::async(std::launch::async, [&] { return queue.push(numbered(2)); });
    BOOST_TEST(queue.pop().has_value());
    BOOST_TEST(waiting.get());
}

BOOST_AUTO_TEST_CASE(closing_ends_the_waiting_on_both_sides) {
    TrapQueue empty;
    auto popping = std::async(std::launch::async, [&] { return empty.pop().has_value(); });
    empty.close();
    BOOST_TEST(!popping.get());

    TrapQueue full({.traps = 1, .bytes = 1 << 20});
    full.push(numbered(1));
    auto pushing = std::async(std::launch::async, [&] { return full.push(numbered(2)); });
    full.close();
    BOOST_TEST(!pushing.get());
    BOOST_TEST(full.pop().has_value());
    BOOST_TEST(!full.pop().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
