#include "agent/request_holder/data_path/hold_queue.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

using namespace standin::request_holder;
using namespace std::chrono_literals;

namespace {

const SteadyTime start{};

HoldLimits limits() {
    HoldLimits limits;
    limits.connections = 3;
    limits.bytes = 100;
    limits.connection_bytes = 60;
    limits.age = 10s;
    return limits;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_head_is_the_earliest_arrival_that_is_still_there) {
    HoldQueue queue(limits());
    const auto first = queue.arrive(start);
    const auto second = queue.arrive(start);
    const auto third = queue.arrive(start);
    BOOST_TEST(*queue.head() == first);
    queue.remove(second);
    queue.remove(first);
    BOOST_TEST(*queue.head() == third);
    queue.remove(third);
    BOOST_TEST(!queue.head());
}

BOOST_AUTO_TEST_CASE(removing_what_is_not_there_changes_nothing) {
    HoldQueue queue(limits());
    const auto first = queue.arrive(start);
    queue.remove(first + 7);
    BOOST_TEST(queue.size() == 1U);
}

BOOST_AUTO_TEST_CASE(it_is_full_at_its_limit_of_connections_and_has_room_again_when_one_leaves) {
    HoldQueue queue(limits());
    const auto first = queue.arrive(start);
    queue.arrive(start);
    BOOST_TEST(!queue.full());
    queue.arrive(start);
    BOOST_TEST(queue.full());
    queue.remove(first);
    BOOST_TEST(!queue.full());
}

BOOST_AUTO_TEST_CASE(a_connection_has_room_up_to_its_own_limit) {
    HoldQueue queue(limits());
    const auto number = queue.arrive(start);
    BOOST_TEST(queue.room(number) == 60U);
    queue.takeIn(number, 59);
    BOOST_TEST(queue.room(number) == 1U);
    queue.takeIn(number, 1);
    BOOST_TEST(queue.room(number) == 0U);
    BOOST_TEST(!queue.crowded());
}

BOOST_AUTO_TEST_CASE(all_connections_together_stay_within_the_limit_of_bytes) {
    HoldQueue queue(limits());
    const auto first = queue.arrive(start);
    const auto second = queue.arrive(start);
    queue.takeIn(first, 60);
    BOOST_TEST(queue.room(second) == 40U);
    queue.takeIn(second, 40);
    BOOST_TEST(queue.crowded());
    BOOST_TEST(queue.room(second) == 0U);
    queue.remove(first);
    BOOST_TEST(queue.bytes() == 40U);
    BOOST_TEST(queue.room(second) == 20U);
}

BOOST_AUTO_TEST_CASE(an_answer_is_expected_from_those_held_before_the_release_only) {
    HoldQueue queue(limits());
    const auto before = queue.arrive(start);
    queue.expectAnswers();
    const auto after = queue.arrive(start);
    BOOST_TEST(queue.expectsAnswer(before));
    BOOST_TEST(!queue.expectsAnswer(after));
    queue.expectAnswers();  // held again and released again
    BOOST_TEST(queue.expectsAnswer(after));
}

BOOST_AUTO_TEST_CASE(the_wait_for_an_answer_leaves_those_behind_enough_of_their_age) {
    HoldQueue queue(limits());
    const auto first = queue.arrive(start);
    queue.arrive(start);
    queue.arrive(start);
    queue.expectAnswers();
    BOOST_TEST((queue.answerWait(first, start, 2s) == 2s));
    BOOST_TEST((queue.answerWait(first, start + 6s, 2s) == 1s));  // three quarters of the 4 s left, shared by three
    BOOST_TEST((queue.answerWait(first, start + 11s, 2s) == 0s));
}

BOOST_AUTO_TEST_CASE(over_age_are_those_whose_age_has_reached_the_limit_in_order) {
    HoldQueue queue(limits());
    const auto first = queue.arrive(start);
    const auto second = queue.arrive(start + 1s);
    queue.arrive(start + 5s);
    BOOST_TEST(queue.overAge(start + 9s).empty());
    BOOST_TEST(queue.overAge(start + 11s) == (std::vector<ArrivalNumber>{first, second}),
               boost::test_tools::per_element());
    BOOST_TEST((*queue.nextOverAge() == start + 10s));
    BOOST_TEST((queue.oldestAge(start + 3s) == 3s));
}

BOOST_AUTO_TEST_CASE(whatever_happens_the_order_is_kept_and_the_counts_are_right) {
    std::mt19937 random(20261123);  // the seed reproduces the run
    for (int round = 0; round < 200; ++round) {
        auto wide = limits();
        wide.connections = 50;
        wide.bytes = 2000;
        HoldQueue queue(wide);
        std::vector<std::pair<ArrivalNumber, std::uint64_t>> model;
        for (int step = 0; step < 300; ++step) {
            const auto choice = random() % 4;
            if (choice < 2 && !queue.full()) {
                model.emplace_back(queue.arrive(start + std::chrono::milliseconds(step)), 0);
            } else if (choice == 2 && !model.empty()) {
                auto& [number, bytes] = model[random() % model.size()];
                const auto size = queue.room(number) == 0 ? 0 : random() % (queue.room(number) + 1);
                queue.takeIn(number, size);
                bytes += size;
            } else if (!model.empty()) {
                const auto at = random() % 3 == 0 ? random() % model.size() : 0;
                queue.remove(model[at].first);
                model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
            }
            std::uint64_t total = 0;
            for (const auto& [number, bytes] : model) total += bytes;
            BOOST_REQUIRE(queue.bytes() == total);
            BOOST_REQUIRE(total <= wide.bytes);
            BOOST_REQUIRE(queue.size() == model.size());
            BOOST_REQUIRE(queue.head().value_or(0) == (model.empty() ? 0 : model.front().first));
        }
    }
}
