#include "agent/request_holder/data_path/pace.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <queue>

using namespace standin::request_holder;
using namespace std::chrono_literals;

namespace {

/// A machine with some workers that each need a time, in virtual time; counts what it does within a second.
struct Machine {
    std::size_t workers;
    Milliseconds takes;
    Milliseconds round_trip{0};

    std::size_t answersIn(Pace& pace, Milliseconds within, std::size_t* widest = nullptr) const {
        std::priority_queue<std::pair<SteadyTime, ArrivalNumber>, std::vector<std::pair<SteadyTime, ArrivalNumber>>,
                            std::greater<>>
            answers;
        std::deque<SteadyTime> free(workers);
        SteadyTime now{1h};
        const auto end = now + within;
        ArrivalNumber next = 0;
        std::size_t answered = 0;
        while (now < end) {
            while (pace.mayGo(0, now)) {
                pace.sent(++next, 10s, now);
                auto& worker = *std::min_element(free.begin(), free.end());
                worker = std::max(worker, now) + takes;
                answers.emplace(worker + round_trip, next);
            }
            if (widest != nullptr) *widest = std::max(*widest, pace.window());
            now = answers.top().first;
            pace.answered(answers.top().second, now);
            answers.pop();
            ++answered;
        }
        for (; !answers.empty(); answers.pop()) pace.answered(answers.top().second, answers.top().first);
        return answered;
    }
};

PaceSettings settings(ReleaseOrder order = ReleaseOrder::Arrival) {
    PaceSettings made;
    made.order = order;
    made.answer_wait = 2s;
    return made;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_window_grows_until_all_workers_are_busy_and_not_much_further) {
    for (const auto& machine : {Machine{8, 4ms}, Machine{32, 10ms}, Machine{8, 4ms, 1ms}}) {
        Pace pace(settings());
        std::size_t widest = 0;
        const auto answered = machine.answersIn(pace, 2s, &widest);
        const auto possible = machine.workers * 2000 / static_cast<std::size_t>(machine.takes.count());
        BOOST_TEST(answered >= possible * 9 / 10);
        BOOST_TEST(widest <= 16 * machine.workers);
    }
}

BOOST_AUTO_TEST_CASE(a_machine_with_one_worker_keeps_a_small_window) {
    Pace pace(settings());
    Machine{1, 10ms}.answersIn(pace, 2s);
    BOOST_TEST(pace.window() <= 4U);
}

BOOST_AUTO_TEST_CASE(in_strict_order_there_is_one_at_a_time) {
    Pace pace(settings(ReleaseOrder::Strict));
    std::size_t widest = 0;
    BOOST_TEST(Machine({8, 4ms}).answersIn(pace, 1s, &widest) <= 252U);
    BOOST_TEST(widest == 1U);
    const SteadyTime now{1h};
    BOOST_TEST(!pace.mayGo(1, now));
}

BOOST_AUTO_TEST_CASE(the_window_never_exceeds_its_limit) {
    auto limited = settings();
    limited.longest_window = 5;
    Pace pace(limited);
    std::size_t widest = 0;
    Machine{100, 10ms}.answersIn(pace, 1s, &widest);
    BOOST_TEST(widest == 5U);
}

BOOST_AUTO_TEST_CASE(one_without_an_answer_gives_up_its_place_after_what_is_usual) {
    Pace pace(settings());
    Machine{8, 4ms}.answersIn(pace, 1s);
    const SteadyTime now{2h};
    pace.sent(1'000'000, 10s, now);
    const auto busy = pace.underWay();
    pace.giveUp(now + 10ms);
    BOOST_TEST(pace.underWay() == busy);
    pace.giveUp(now + 300ms);
    BOOST_TEST(pace.underWay() < busy);
    BOOST_TEST(!pace.stalled());
}

BOOST_AUTO_TEST_CASE(a_machine_that_answers_nothing_stalls_and_gets_single_trials_until_it_answers) {
    Pace pace(settings());
    SteadyTime now{1h};
    ArrivalNumber next = 0;
    for (int round = 0; round < 10 && !pace.stalled(); ++round) {
        while (pace.mayGo(0, now)) pace.sent(++next, 10s, now);
        now += 2s;
        pace.giveUp(now);
    }
    BOOST_REQUIRE(pace.stalled());
    BOOST_TEST(next <= 6U);
    BOOST_TEST(!pace.mayGo(0, now));
    BOOST_REQUIRE(pace.nextChange().has_value());
    Milliseconds last_pause{0};
    auto last_trial = now;
    for (int trial = 0; trial < 5; ++trial) {
        now = *pace.nextChange();
        BOOST_REQUIRE(pace.mayGo(0, now));
        BOOST_TEST(!pace.mayGo(1, now));
        pace.sent(++next, 10s, now);
        BOOST_TEST(!pace.mayGo(0, now));
        BOOST_TEST((now - last_trial >= last_pause));
        last_pause = std::chrono::duration_cast<Milliseconds>(now - last_trial);
        last_trial = now;
        now += 2s;
        pace.giveUp(now);
        BOOST_TEST(pace.stalled());
    }
    pace.answered(1, now);  // also a very late answer shows that it works
    BOOST_TEST(!pace.stalled());
    BOOST_TEST(pace.mayGo(0, now));
}

BOOST_AUTO_TEST_CASE(another_machine_begins_without_what_was_learned) {
    Pace pace(settings());
    Machine{32, 10ms}.answersIn(pace, 1s);
    BOOST_TEST(pace.window() > 8U);
    pace.begin();
    BOOST_TEST(pace.window() <= 4U);
    BOOST_TEST(pace.underWay() == 0U);
}

BOOST_AUTO_TEST_CASE(clients_that_expect_no_answer_keep_the_others_waiting_no_longer_than_their_share) {
    Pace pace(settings());
    SteadyTime now{1h};
    const auto began = now;
    for (ArrivalNumber number = 1; number <= 300;) {  // as many that have sent one byte
        for (; number <= 300 && pace.mayGo(0, now); ++number) pace.sent(number, 300ms, now, 300ms);
        if (const auto next = pace.nextChange()) now = std::max(now, *next);
        pace.giveUp(now);
    }
    BOOST_TEST((now - began < 120s));
}
