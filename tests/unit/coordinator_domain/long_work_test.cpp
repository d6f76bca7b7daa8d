#include <boost/test/unit_test.hpp>

#include "coordinator/domain/decide.hpp"

using namespace standin::domain;
using standin::base::ErrorCode;
using standin::base::ServerName;
using standin::base::StandInName;
using standin::base::WallTime;
using namespace std::chrono_literals;

namespace {

const WallTime begun = WallTime(std::chrono::hours(480000));

Observation ofServer01() {
    Observation observation;
    observation.server.name = ServerName("server01");
    return observation;
}

/// A prepare whose stand-in is being made since `begun`; asked after for the last time at `ended`.
Operation making(StepState state, unsigned attempts, WallTime ended) {
    Operation operation;
    operation.id = 17;
    operation.kind = OperationKind::Prepare;
    operation.state = State::MakingStandIn;
    operation.server = ServerName("server01");
    operation.new_stand_in = StandInName("server01-17");
    Step& make = operation.at({StepName::MakeStandIn, "server01-17"});
    make.state = state;
    make.attempts = attempts;
    make.first_started = make.patience_from = begun;
    make.started = make.ended = ended;
    make.error = ErrorCode::Unreachable;
    make.message = "vmhost1 is not reachable";
    return operation;
}

State after(StepState state, unsigned attempts, WallTime ended) {
    return decide(making(state, attempts, ended), ofServer01(), ended).after.state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(long_work)

BOOST_AUTO_TEST_CASE(a_stand_in_whose_vm_host_is_not_heard_of_is_given_up_after_minutes) {
    for (const auto state : {StepState::Failed, StepState::Unknown}) {
        BOOST_TEST((after(state, 59, begun + 5min) == State::MakingStandIn));
        BOOST_TEST((after(state, 60, begun + 5min) == State::DiscardingStandIn));
    }
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_is_being_made_is_waited_for_however_often_its_vm_host_was_away) {
    BOOST_TEST((after(StepState::Polling, 60, begun + 5h) == State::MakingStandIn));
    BOOST_TEST((after(StepState::Polling, 1, begun + 6h) == State::DiscardingStandIn));
}

BOOST_AUTO_TEST_CASE(a_vm_host_that_is_away_is_asked_less_and_less_often) {
    const auto asked = [](unsigned attempts, std::chrono::milliseconds since) {
        const auto decision =
            decide(making(StepState::Failed, attempts, begun + 1min), ofServer01(), begun + 1min + since);
        return std::holds_alternative<Start>(decision.action);
    };
    BOOST_TEST(asked(1, 500ms));
    BOOST_TEST(!asked(2, 500ms));
    BOOST_TEST(!asked(20, 4999ms));
    BOOST_TEST(asked(20, 5s));
}

BOOST_AUTO_TEST_SUITE_END()
