// How the real program ends when something does not let go of it.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/integration/coordinator/running_coordinator.hpp"

using standin::tests::RunningCoordinator;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

// What the program promises; a process that is gone is seen a little later on a host that does much else.
constexpr auto longest_end = 5s + 2s;

}  // namespace

BOOST_AUTO_TEST_SUITE(bounded_end)

BOOST_FIXTURE_TEST_CASE(a_thread_that_waits_for_a_device_does_not_keep_the_program, RunningCoordinator) {
    haveFencesHang();
    start();
    const auto begun = ctl({"image", "backup", "server01"});
    BOOST_REQUIRE_MESSAGE(begun.exit_code == 0, begun.errors);
    const auto give_up = Steady::now() + 60s;
    while (!std::filesystem::exists(directory / "fence_hangs") && Steady::now() < give_up) std::this_thread::yield();
    BOOST_REQUIRE(std::filesystem::exists(directory / "fence_hangs"));
    const auto before = Steady::now();
    BOOST_TEST(end(SIGTERM) == 0);
    BOOST_TEST((Steady::now() - before < longest_end));
    const auto log = lastLog();
    BOOST_TEST(log.find("stops (signal 15)") != std::string::npos, log);
    BOOST_TEST(log.find("the orderly end did not come within 4500 ms") != std::string::npos, log);
    // What it broke off is found as after a crash.
    start();
    BOOST_TEST(asked({"operation", "list"})["operations"].size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_log_that_nobody_takes_does_not_keep_the_program, RunningCoordinator) {
    start();
    const auto before = Steady::now();
    BOOST_TEST(endUnread(SIGTERM) == 0);
    BOOST_TEST((Steady::now() - before < longest_end));
}

BOOST_AUTO_TEST_SUITE_END()
