#include "agent/base/worker.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <fstream>
#include <mutex>

using namespace standin::base;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(worker)

BOOST_AUTO_TEST_CASE(a_worker_that_waits_is_woken_and_joined_by_the_end_of_its_owner) {
    std::atomic<int> ended{0};
    {
        std::mutex mutex;
        std::condition_variable_any never;
        Worker waiting;
        waiting.start(
            "waits",
            [&](const std::stop_token& stop) {
                std::unique_lock lock(mutex);
                never.wait(lock, stop, [] { return false; });
                ++ended;
            },
            3);
        BOOST_TEST(waiting.runs());
        BOOST_TEST(!waiting.isStopping());
    }
    BOOST_TEST(ended == 3);
}

BOOST_AUTO_TEST_CASE(a_worker_has_its_name_and_can_be_started_again) {
    Worker named;
    for (int round = 0; round < 2; ++round) {
        std::string name;
        named.start("a-name-that-is-too-long", [&](const std::stop_token&) {
            std::ifstream file("/proc/thread-self/comm");
            std::getline(file, name);
        });
        named.stop();
        BOOST_TEST(name == "a-name-that-is-");
        BOOST_TEST(!named.runs());
    }
}

BOOST_AUTO_TEST_CASE(a_rest_ends_when_its_worker_is_to_stop) {
    std::stop_source source;
    BOOST_TEST(rest(source.get_token(), 1ms));
    source.request_stop();
    BOOST_TEST(!rest(source.get_token(), 1h));
}

BOOST_AUTO_TEST_SUITE_END()
