#include "coordinator/engine/restore_scheduler.hpp"

#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;
using domain::StepName;
using domain::StepState;
using engine::RestoreScheduler;

namespace {

const base::AgentName store1("store1"), store2("store2");

RestoreScheduler::Claim claim(domain::OperationId operation, int priority, int failed_at_s) {
    return {priority, base::WallTime(std::chrono::seconds(failed_at_s)), operation};
}

struct Turns : engine::Inventory, RestoreScheduler {
    explicit Turns(std::size_t at_once)
        : RestoreScheduler(engine::Inventory::restores_at_once, engine::default_restores_at_once) {
        engine::Inventory::restores_at_once = {{store1, at_once}, {store2, at_once}};
    }
};

using Operations = std::vector<domain::OperationId>;

/// Three servers of different priority with a spare each, one restore at a time.
struct OneAtATime : Lab {
    OneAtATime() : Lab(3, 3) {
        config.inventory.restores_at_once[base::AgentName("store1")] = 1;
        for (const int number : {1, 2, 3}) server(simulation::numbered("server", number)).priority = number;
    }
    [[nodiscard]] domain::Step restoreOf(domain::OperationId id) const {
        const auto its = operation(id);
        const auto* step = its.find({StepName::RestoreSpare, its.spare.text()});
        return step == nullptr ? domain::Step{} : *step;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(restore_turns)

BOOST_AUTO_TEST_CASE(the_most_urgent_restore_comes_first_then_the_earliest_failure) {
    Turns turns(3);
    turns.wait(store1, claim(1, 10, 7));
    turns.wait(store1, claim(2, 20, 9));
    turns.wait(store1, claim(3, 10, 5));
    BOOST_TEST(turns.give() == (Operations{2, 3, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_more_restore_from_one_store_than_its_limit_and_the_next_begins_when_one_has_ended) {
    Turns turns(2);
    for (domain::OperationId id = 1; id <= 4; ++id) turns.wait(store1, claim(id, 10, 1));
    BOOST_TEST(turns.give() == (Operations{1, 2}), boost::test_tools::per_element());
    BOOST_TEST(turns.give().empty());
    BOOST_TEST(turns.before(3).value_or(0) == 2U);
    BOOST_TEST(turns.before(4).value_or(0) == 3U);
    turns.leave(2);
    BOOST_TEST(turns.give() == (Operations{3}), boost::test_tools::per_element());
    BOOST_TEST(!turns.before(3).has_value());
}

BOOST_AUTO_TEST_CASE(a_store_that_is_busy_keeps_nobody_from_another_one) {
    Turns turns(1);
    turns.wait(store1, claim(1, 10, 1));
    turns.wait(store1, claim(2, 10, 2));
    turns.wait(store2, claim(3, 5, 3));
    BOOST_TEST(turns.give() == (Operations{1, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_restore_that_is_not_wanted_any_more_never_gets_its_turn) {
    Turns turns(1);
    turns.wait(store1, claim(1, 10, 1));
    turns.wait(store1, claim(2, 10, 2));
    turns.leave(1);
    BOOST_TEST(turns.give() == (Operations{2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_restore_that_was_begun_before_counts_though_nobody_gave_it_a_turn) {
    Turns turns(1);
    turns.wait(store1, claim(1, 10, 1));
    turns.restore(store1, claim(2, 5, 2));
    BOOST_TEST(turns.give().empty());
}

BOOST_FIXTURE_TEST_CASE(an_operation_that_waits_says_how_many_restores_come_before_its_own, OneAtATime) {
    const auto first = fail("server03"), less = fail("server01");
    const auto more = fail("server02");
    runUntil([&] { return restoreOf(less).message.find("waits") == 0 && restoreOf(more).message.find("waits") == 0; });
    BOOST_TEST(restoreOf(more).message == "waits for its turn: 1 restore before it");
    BOOST_TEST(restoreOf(less).message == "waits for its turn: 2 restores before it");
    BOOST_TEST((restoreOf(less).state == StepState::Planned));
    BOOST_TEST(restoreOf(less).attempts == 0U);
    run();
    for (const auto id : {first, more, less}) BOOST_TEST(stateOf(operation(id)) == "Succeeded");
    BOOST_TEST((restoreOf(more).started >= restoreOf(first).ended));
    BOOST_TEST((restoreOf(less).started >= restoreOf(more).ended));
}

BOOST_FIXTURE_TEST_CASE(a_restore_under_way_keeps_its_turn_when_the_coordinator_is_started_again, OneAtATime) {
    const auto first = fail("server01");
    runUntil([&] { return restoreOf(first).state == StepState::Polling; });
    const auto urgent = fail("server03");
    kill();
    start();
    runUntil([&] { return restoreOf(urgent).message.find("waits") == 0; });
    BOOST_TEST((restoreOf(first).state == StepState::Polling));
    run();
    BOOST_TEST((restoreOf(urgent).started >= restoreOf(first).ended));
    BOOST_TEST(restoreOf(first).attempts == 1U);
}

BOOST_FIXTURE_TEST_CASE(who_waited_for_a_turn_does_so_after_a_restart_and_gets_it, OneAtATime) {
    const auto first = fail("server03");
    const auto second = fail("server01");
    runUntil([&] { return restoreOf(second).message.find("waits") == 0; });
    kill();
    start();
    run();
    BOOST_TEST(stateOf(operation(first)) == "Succeeded");
    BOOST_TEST(stateOf(operation(second)) == "Succeeded");
    BOOST_TEST(restoreOf(second).attempts == 1U);
}

/// Waiting is no failure: nobody's patience runs meanwhile.
BOOST_FIXTURE_TEST_CASE(a_restore_that_waited_for_long_is_tried_again_when_it_is_not_answered, OneAtATime) {
    const auto first = fail("server03");
    const auto second = fail("server01");
    runUntil([&] { return restoreOf(second).message.find("waits") == 0; });
    const auto waited_since = now();
    runUntil([&] { return restoreOf(first).state == StepState::Done; });
    pass(std::chrono::milliseconds(10));
    BOOST_TEST((restoreOf(second).patience_from > waited_since));
    run();
    BOOST_TEST(stateOf(operation(second)) == "Succeeded");
}

BOOST_AUTO_TEST_SUITE_END()
