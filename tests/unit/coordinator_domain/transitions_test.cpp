#include "coordinator/domain/transitions.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "coordinator/domain/decide.hpp"

using namespace standin::domain;
using standin::base::WallTime;

namespace {

template <typename Visit>
void eachPair(Visit visit) {
    for (const auto kind : all_kinds) {
        for (int s = static_cast<int>(first_state); s <= static_cast<int>(last_state); ++s) {
            for (int e = static_cast<int>(first_event); e <= static_cast<int>(last_event); ++e) {
                visit(kind, static_cast<State>(s), static_cast<Event>(e));
            }
        }
    }
}

std::set<State> statesOf(OperationKind kind) {
    std::set<State> states;
    for (const auto& row : transitions()) {
        if (row.kind != kind) continue;
        states.insert(row.from);
        states.insert(row.to);
    }
    return states;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(transition_table)

BOOST_AUTO_TEST_CASE(every_pair_of_state_and_event_leads_where_the_table_says_or_changes_nothing) {
    eachPair([](OperationKind kind, State state, Event event) {
        int rows = 0;
        State to{};
        for (const auto& row : transitions()) {
            if (row.kind != kind || row.from != state || row.event != event) continue;
            ++rows;
            to = row.to;
        }
        BOOST_REQUIRE_LE(rows, 1);
        Operation operation;
        operation.kind = kind;
        operation.state = state;
        operation.server = standin::base::ServerName("server01");
        const auto decision = accept(operation, event, "a test", WallTime{});
        BOOST_REQUIRE_EQUAL(decision.has_value(), rows == 1);
        BOOST_REQUIRE(successor(kind, state, event) == (rows == 1 ? std::optional(to) : std::nullopt));
        if (!decision) return;
        BOOST_REQUIRE(decision->after.state == to);
        BOOST_REQUIRE_EQUAL(decision->changes.size(), 1u);
        BOOST_REQUIRE(decision->after.why == "a test");
    });
}

BOOST_AUTO_TEST_CASE(every_state_is_reached_from_opened_and_can_be_left_unless_it_is_an_end) {
    for (const auto kind : all_kinds) {
        std::set<State> reached{State::Opened};
        for (std::size_t before = 0; before != reached.size();) {
            before = reached.size();
            for (const auto& row : transitions()) {
                if (row.kind == kind && reached.count(row.from) > 0) reached.insert(row.to);
            }
        }
        for (const State state : statesOf(kind)) {
            BOOST_TEST(reached.count(state) == 1u, nameOf(kind) << ": " << nameOf(state) << " is never reached");
            if (isResting(state)) continue;
            bool left = false;
            for (const auto& row : transitions()) left = left || (row.kind == kind && row.from == state);
            BOOST_TEST(left, nameOf(kind) << ": " << nameOf(state) << " is never left");
        }
    }
}

BOOST_AUTO_TEST_CASE(every_state_and_event_is_used_has_a_name_and_a_meaning) {
    std::set<State> states;
    std::set<Event> events;
    for (const auto& row : transitions()) {
        states.insert({row.from, row.to});
        events.insert(row.event);
    }
    for (int s = static_cast<int>(first_state); s <= static_cast<int>(last_state); ++s) {
        const auto state = static_cast<State>(s);
        BOOST_TEST(states.count(state) == 1u, nameOf(state));
        BOOST_TEST(describe(state).size() > 20u);
        BOOST_TEST((stateFrom(nameOf(state)) == state));
    }
    for (int e = static_cast<int>(first_event); e <= static_cast<int>(last_event); ++e) {
        const auto event = static_cast<Event>(e);
        BOOST_TEST(events.count(event) == 1u, nameOf(event));
        BOOST_TEST((eventFrom(nameOf(event)) == event));
    }
}

BOOST_AUTO_TEST_CASE(a_failure_preempts_every_state_in_which_something_of_the_server_is_going_on) {
    for (const auto kind : {OperationKind::Prepare, OperationKind::Refresh, OperationKind::Backup}) {
        for (const State state : statesOf(kind)) {
            // In these two nothing is left that touches the server or its segment: they go on beside the failover.
            const bool harmless = state == State::RemovingReplacedStandIn || state == State::DiscardingStandIn;
            if (isResting(state) || harmless) continue;
            BOOST_TEST(successor(kind, state, Event::Preempted).has_value(), nameOf(kind) << " " << nameOf(state));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
