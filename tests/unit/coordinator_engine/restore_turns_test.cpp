#include "coordinator/engine/restore_turns.hpp"

#include <boost/test/unit_test.hpp>

using namespace standin;
using standin::engine::RestoreTurns;

namespace {

const base::AgentName store1("store1"), store2("store2");

RestoreTurns::Claim claim(domain::OperationId operation, int priority, int failed_at_s) {
    return {priority, base::WallTime(std::chrono::seconds(failed_at_s)), operation, 1};
}

/// The operations whose turn it is; those in `over` have ended their restores.
std::vector<domain::OperationId> turnsOf(RestoreTurns& turns, const std::set<domain::OperationId>& over = {}) {
    std::vector<domain::OperationId> operations;
    for (const auto& turn : turns.next([&](const auto& claim) { return over.count(claim.operation) > 0; }))
        operations.push_back(turn.operation);
    return operations;
}

using Operations = std::vector<domain::OperationId>;

}  // namespace

BOOST_AUTO_TEST_SUITE(restore_turns)

BOOST_AUTO_TEST_CASE(the_most_urgent_restore_comes_first_then_the_earliest_failure) {
    RestoreTurns turns(3);
    turns.claim(store1, claim(1, 10, 7));
    turns.claim(store1, claim(2, 20, 9));
    turns.claim(store1, claim(3, 10, 5));
    BOOST_TEST(turnsOf(turns) == (Operations{2, 3, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_more_restore_from_one_store_than_its_limit_and_the_next_begins_when_one_has_ended) {
    RestoreTurns turns(2);
    for (domain::OperationId id = 1; id <= 4; ++id) turns.claim(store1, claim(id, 10, 1));
    BOOST_TEST(turnsOf(turns) == (Operations{1, 2}), boost::test_tools::per_element());
    BOOST_TEST(turnsOf(turns).empty());
    BOOST_TEST(turnsOf(turns, {2}) == (Operations{3}), boost::test_tools::per_element());
    BOOST_TEST(turnsOf(turns, {1, 3}) == (Operations{4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_store_that_is_busy_keeps_nobody_from_another_one) {
    RestoreTurns turns(1);
    turns.claim(store1, claim(1, 10, 1));
    turns.claim(store1, claim(2, 10, 2));
    turns.claim(store2, claim(3, 5, 3));
    BOOST_TEST(turnsOf(turns) == (Operations{1, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_restore_that_is_not_wanted_any_more_never_gets_its_turn) {
    RestoreTurns turns(1);
    turns.claim(store1, claim(1, 10, 1));
    turns.claim(store1, claim(2, 10, 2));
    BOOST_TEST(turnsOf(turns, {1}) == (Operations{2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
