#include <boost/test/unit_test.hpp>

#include "coordinator/simulation/fiber_executor.hpp"

using namespace standin;
using namespace standin::simulation;
using namespace std::chrono_literals;

namespace {

/// Notes its end.
struct Guard {
    std::vector<std::string>& notes;
    ~Guard() { notes.emplace_back("unwound"); }
};

void runAll(EventQueue& queue) {
    while (queue.next()) queue.runNext();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fibers)

BOOST_AUTO_TEST_CASE(events_come_in_the_order_of_time_and_of_scheduling_where_times_are_equal) {
    EventQueue queue;
    std::string order;
    queue.after(2s, [&] { order += 'c'; });
    queue.after(1s, [&] {
        order += 'a';
        queue.after(1s, [&] { order += 'd'; });
    });
    queue.after(1s, [&] { order += 'b'; });
    runAll(queue);
    BOOST_TEST(order == "abcd");
    BOOST_TEST((queue.now() == VirtualTime(2s)));
}

BOOST_AUTO_TEST_CASE(a_suspended_task_goes_on_where_it_was_left) {
    std::vector<int> seen;
    Fiber fiber;
    fiber.start([&] {
        for (int i = 0; i < 3; ++i) {
            seen.push_back(i);
            Fiber::suspend();
        }
    });
    seen.push_back(10);
    while (!fiber.idle()) fiber.resume();
    const std::vector<int> expected{0, 10, 1, 2};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_stack_is_used_again_by_the_next_task) {
    int ended = 0;
    Fiber fiber;
    for (int i = 0; i < 1000; ++i) {
        fiber.start([&] {
            Fiber::suspend();
            ++ended;
        });
        fiber.resume();
        BOOST_REQUIRE(fiber.idle());
    }
    BOOST_TEST(ended == 1000);
}

BOOST_AUTO_TEST_CASE(an_exception_is_caught_within_the_task_that_threw_it) {
    bool caught = false;
    Fiber fiber;
    fiber.start([&] {
        try {
            Fiber::suspend();
            throw std::runtime_error("a test");
        } catch (const std::runtime_error&) {
            caught = true;
        }
    });
    fiber.resume();
    BOOST_TEST(caught);
}

BOOST_AUTO_TEST_CASE(tasks_of_a_killed_coordinator_are_unwound_and_never_go_on) {
    EventQueue queue;
    std::vector<std::string> notes;
    {
        FiberExecutor executor(queue, 1);
        executor.post({domain::Lane::Critical, "switch1", [&] {
                           const Guard guard{notes};
                           FiberExecutor::sleep(queue, 10s);
                           notes.emplace_back("went on");
                       }});
        queue.runNext();
        BOOST_TEST(executor.isIdleBut(1));
    }
    runAll(queue);
    BOOST_TEST(notes == std::vector<std::string>{"unwound"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_lane_runs_as_many_tasks_beside_each_other_as_it_has_threads) {
    EventQueue queue;
    FiberExecutor executor(queue, 1, {{{2, 2, 0}, {1, 1, 0}, {1, 1, 0}}});
    int ended = 0;
    for (int i = 0; i < 6; ++i) {
        executor.post({domain::Lane::Critical, "switch1", [&] {
                           FiberExecutor::sleep(queue, 1s);
                           ++ended;
                       }});
    }
    while (*queue.next() < 1500ms) queue.runNext();
    BOOST_TEST(ended == 2);
    runAll(queue);
    BOOST_TEST(ended == 6);
    BOOST_TEST((queue.now() < VirtualTime(3100ms)));
}

BOOST_AUTO_TEST_CASE(a_task_that_was_written_off_gives_its_place_to_the_next) {
    EventQueue queue;
    FiberExecutor executor(queue, 1, {{{1, 8, 1}, {1, 1, 0}, {1, 1, 0}}});
    bool ended = false;
    const auto hung = executor.post({domain::Lane::Critical, "switch1", [&] { FiberExecutor::sleep(queue, 1h); }});
    executor.post({domain::Lane::Critical, "switch1", [&] { ended = true; }});
    queue.runNext();
    executor.writeOff(hung);
    queue.runNext();
    BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(what_becomes_due_while_a_coordinator_stands_still_is_done_when_it_goes_on) {
    EventQueue queue;
    FiberExecutor executor(queue, 1);
    VirtualTime went_on{};
    executor.post({domain::Lane::Critical, "switch1", [&] {
                       FiberExecutor::sleep(queue, 1s);
                       went_on = queue.now();
                   }});
    queue.runNext();
    executor.freeze();
    queue.after(5s, [&] { executor.thaw(); });
    runAll(queue);
    BOOST_TEST((went_on > VirtualTime(5s)));
}

BOOST_AUTO_TEST_CASE(tasks_run_together_end_with_the_last_of_them) {
    EventQueue queue;
    FiberExecutor executor(queue, 1);
    VirtualTime ended{};
    executor.run([&] {
        FiberExecutor::together(queue,
                                {[&] { FiberExecutor::sleep(queue, 1s); }, [&] { FiberExecutor::sleep(queue, 3s); },
                                 [&] { FiberExecutor::sleep(queue, 2s); }});
        ended = queue.now();
    });
    runAll(queue);
    BOOST_TEST((ended >= VirtualTime(3s) && ended < VirtualTime(3100ms)));
}

BOOST_AUTO_TEST_SUITE_END()
