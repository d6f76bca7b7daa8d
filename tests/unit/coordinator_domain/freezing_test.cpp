// The handover's last moments: the stand-in is suspended before anything is released, and shut down after the end.
#include <boost/test/unit_test.hpp>

#include "coordinator/domain/decide.hpp"
#include "coordinator/domain/obstacle.hpp"
#include "coordinator/domain/recover.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/step_report.hpp"

using namespace standin::domain;
using namespace std::chrono_literals;
using standin::base::ErrorCode;
using standin::base::ServerName;
using standin::base::SpareName;
using standin::base::StandInName;
using standin::base::WallTime;

namespace {

const WallTime begun_at = WallTime(std::chrono::hours(480000));

Observation estate(FencePolicy policy = FencePolicy::Port) {
    Observation observed;
    observed.server.name = ServerName("server01");
    observed.server.fence_policy = policy;
    observed.spares = observed.leased = {SpareName("spare01")};
    return observed;
}

/// Fenced, the spare answers, requests are held.
Operation handingOver(State state) {
    Operation operation;
    operation.id = 17;
    operation.server = ServerName("server01");
    operation.failure_at = begun_at;
    operation.stand_in = StandInName("server01-1");
    operation.spare = SpareName("spare01");
    operation.state = state;
    operation.handovers = 1;
    operation.job_runs = true;
    for (const auto& [step, subject] :
         std::initializer_list<std::pair<StepName, const char*>>{{StepName::FencePort, "server01"},
                                                                 {StepName::FencePower, "server01"},
                                                                 {StepName::ResumeStandIn, "server01-1"},
                                                                 {StepName::GiveSegment, "server01-1"},
                                                                 {StepName::LeaseSpare, "spare01"},
                                                                 {StepName::ProbeSpare, "spare01"},
                                                                 {StepName::HoldRequests, "spare01"}}) {
        operation.at({step, subject}).state = StepState::Done;
        operation.at({step, subject}).attempts = 1;
    }
    return operation;
}

Step& step(Operation& operation, StepName name, const char* subject, StepState state) {
    Step& step = operation.at({name, subject});
    step.state = state;
    step.attempts = 1;
    step.first_started = step.patience_from = step.started = step.ended = begun_at;
    return step;
}

bool starts(const Decision& decision, StepName name) {
    const auto* start = std::get_if<Start>(&decision.action);
    if (start == nullptr) return false;
    return std::any_of(start->steps.begin(), start->steps.end(),
                       [name](const auto& request) { return request.id.name == name; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(freezing)

BOOST_AUTO_TEST_CASE(a_drained_stand_in_is_suspended_and_nothing_is_released_before_that_is_confirmed) {
    auto operation = handingOver(State::DrainingStandIn);
    step(operation, StepName::DrainStandIn, "server01-1", StepState::Done);
    auto decision = decide(operation, estate(), begun_at + 1ms);
    BOOST_TEST((decision.after.state == State::FreezingStandIn));
    BOOST_TEST(starts(decision, StepName::FreezeStandIn));
    BOOST_TEST(!starts(decision, StepName::StopStandIn));
    BOOST_TEST(!starts(decision, StepName::ReleaseHeld));

    step(decision.after, StepName::FreezeStandIn, "server01-1", StepState::Unknown);
    decision = decide(decision.after, estate(), begun_at + 1s);
    BOOST_TEST((decision.after.state == State::FreezingStandIn));
    BOOST_TEST(!starts(decision, StepName::ReleaseHeld));

    step(decision.after, StepName::FreezeStandIn, "server01-1", StepState::Done);
    decision = decide(decision.after, estate(), begun_at + 1s);
    BOOST_TEST((decision.after.state == State::ReleasingRequests));
    BOOST_TEST(starts(decision, StepName::ReleaseHeld));
}

BOOST_AUTO_TEST_CASE(a_request_that_comes_in_the_last_moment_is_waited_for_and_one_after_the_other_is_too_much) {
    auto operation = handingOver(State::FreezingStandIn);
    auto& freeze = step(operation, StepName::FreezeStandIn, "server01-1", StepState::Failed);
    freeze.error = ErrorCode::Conflict;
    freeze.refusals = 1;
    const auto again = decide(operation, estate(), begun_at + 30ms);
    BOOST_TEST((again.after.state == State::FreezingStandIn));
    BOOST_TEST(starts(again, StepName::FreezeStandIn));
    freeze.refusals = 10;
    BOOST_TEST((decide(operation, estate(), begun_at + 1s).after.state == State::ReturningRequests));
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_cannot_be_confirmed_as_suspended_is_isolated_or_a_person_is_needed) {
    for (const auto policy : {FencePolicy::Port, FencePolicy::Power}) {
        auto operation = handingOver(State::FreezingStandIn);
        step(operation, StepName::FreezeStandIn, "server01-1", StepState::Unknown).error = ErrorCode::TimedOut;
        BOOST_TEST((decide(operation, estate(policy), begun_at + 19s).after.state == State::FreezingStandIn));
        const auto late = decide(operation, estate(policy), begun_at + 21s).after.state;
        BOOST_TEST((late == (policy == FencePolicy::Port ? State::ReleasingRequests : State::NeedsOperator)));
    }
}

BOOST_AUTO_TEST_CASE(the_stand_in_goes_on_where_the_spare_has_taken_nothing) {
    auto operation = handingOver(State::ReleasingRequests);
    operation.job_runs = false;
    step(operation, StepName::FreezeStandIn, "server01-1", StepState::Done);
    step(operation, StepName::ReleaseHeld, "spare01", StepState::Running);
    auto report = StepReport::failed(ErrorCode::Refused, "spare 'spare01' does not answer any more");
    report.finding = Finding::Untaken;
    applyReport(operation, {StepName::ReleaseHeld, "spare01"}, report, begun_at + 10s);
    auto decision = decide(operation, estate(), begun_at + 10s);
    BOOST_TEST((decision.after.state == State::ReturningRequests));
    BOOST_TEST(starts(decision, StepName::ReturnRequests));

    step(decision.after, StepName::ReturnRequests, "server01-1", StepState::Done);
    decision = decide(decision.after, estate(), begun_at + 11s);
    BOOST_TEST((decision.after.state == State::PreparingSpare));
    BOOST_TEST(decision.after.job_runs);
    for (const auto& [name, subject] : std::initializer_list<std::pair<StepName, const char*>>{
             {StepName::FreezeStandIn, "server01-1"}, {StepName::ReleaseHeld, "spare01"}})
        BOOST_TEST((decision.after.find(name, subject)->state == StepState::Planned));
}

BOOST_AUTO_TEST_CASE(the_stand_in_does_not_go_on_where_the_spare_may_have_taken_something) {
    auto operation = handingOver(State::ReleasingRequests);
    step(operation, StepName::FreezeStandIn, "server01-1", StepState::Done);
    step(operation, StepName::ReleaseHeld, "spare01", StepState::Polling);
    BOOST_TEST((decide(operation, estate(), begun_at + 59s).after.state == State::ReleasingRequests));
    BOOST_TEST((decide(operation, estate(), begun_at + 61s).after.state == State::NeedsOperator));
}

BOOST_AUTO_TEST_CASE(a_frozen_stand_in_is_shut_down_after_the_end_and_deleted_when_the_failover_is_closed) {
    auto operation = handingOver(State::Settling);
    step(operation, StepName::FreezeStandIn, "server01-1", StepState::Done);
    auto decision = decide(operation, estate(), begun_at);
    BOOST_TEST((decision.after.state == State::Succeeded));
    BOOST_TEST(starts(decision, StepName::RetireStandIn));
    BOOST_TEST(!starts(decision, StepName::DeleteStandIn));

    auto& retire = step(decision.after, StepName::RetireStandIn, "server01-1", StepState::Failed);
    retire.error = ErrorCode::Unreachable;
    retire.message = "VM host 'vmhost1' does not answer";
    const auto told = [](const Operation& after) {
        return std::count_if(after.notes.begin(), after.notes.end(),
                             [](const auto& note) { return note.topic == "stand_in_not_retired"; });
    };
    decision = decide(decision.after, estate(), begun_at + 59min);
    BOOST_TEST(told(decision.after) == 0);
    step(decision.after, StepName::RetireStandIn, "server01-1", StepState::Failed).error = ErrorCode::Unreachable;
    decision = decide(decision.after, estate(), begun_at + 61min);
    BOOST_TEST(told(decision.after) == 1);
    const auto closed = accept(decision.after, Event::OperatorCloses, "closed", begun_at + 62min);
    BOOST_REQUIRE(closed.has_value());
    BOOST_TEST(starts(decide(closed->after, estate(), begun_at + 62min), StepName::DeleteStandIn));
}

/// A coordinator that is started again has no new time where clients wait: the hold would go on for as long again.
BOOST_AUTO_TEST_CASE(a_limit_runs_on_while_the_coordinator_is_down) {
    auto operation = handingOver(State::DrainingStandIn);
    step(operation, StepName::DrainStandIn, "server01-1", StepState::Polling).ended = begun_at + 50s;
    recover(operation, estate(), begun_at + 55s);
    BOOST_TEST((decide(operation, estate(), begun_at + 59s).after.state == State::DrainingStandIn));
    BOOST_TEST((decide(operation, estate(), begun_at + 60s).after.state == State::ReturningRequests));
}

BOOST_AUTO_TEST_CASE(a_limit_that_has_passed_while_the_coordinator_was_down_leaves_time_for_one_look) {
    auto operation = handingOver(State::DrainingStandIn);
    step(operation, StepName::DrainStandIn, "server01-1", StepState::Polling);
    recover(operation, estate(), begun_at + 10min);
    auto decision = decide(operation, estate(), begun_at + 10min);
    BOOST_TEST((decision.after.state == State::DrainingStandIn));
    BOOST_TEST(starts(decision, StepName::DrainStandIn));
    step(decision.after, StepName::DrainStandIn, "server01-1", StepState::Polling).patience_from =
        operation.find(StepName::DrainStandIn, "server01-1")->patience_from;
    BOOST_TEST((decide(decision.after, estate(), begun_at + 10min + 3s).after.state == State::ReturningRequests));
}

BOOST_AUTO_TEST_CASE(no_limit_of_any_step_starts_again_with_the_coordinator) {
    for (const auto& row : step_descriptors) {
        const auto its = row.step;
        const auto limits = limitsOf(its, estate());
        if (limits.patience == 0ms) continue;
        auto operation = handingOver(State::PreparingSpare);
        step(operation, its, "x", StepState::Unknown);
        for (int restarts = 0; restarts < 5; ++restarts) recover(operation, estate(), begun_at + limits.patience / 2);
        BOOST_TEST_CONTEXT(nameOf(its)) {
            const auto left =
                operation.find(its, "x")->patience_from + limits.patience - (begun_at + limits.patience / 2);
            BOOST_TEST((left <= std::max<std::chrono::nanoseconds>(limits.patience / 2, limits.after_restart)));
            BOOST_TEST((left > 0ns));
        }
    }
}

BOOST_AUTO_TEST_CASE(only_what_nobody_has_answered_goes_on_by_itself) {
    auto server = estate().server;
    server.vm_host = standin::base::AgentName("vmhost1");
    auto operation = handingOver(State::NeedsOperator);
    BOOST_TEST(!obstacleOf(operation, server).has_value());
    auto& freeze = step(operation, StepName::FreezeStandIn, "server01-1", StepState::Unknown);
    BOOST_REQUIRE(obstacleOf(operation, server).has_value());
    BOOST_TEST((obstacleOf(operation, server)->silent == std::vector{server.vm_host}));
    BOOST_TEST((obstacleOf(operation, server)->power == Obstacle::Power::NotOn));
    freeze.state = StepState::Failed;
    freeze.error = ErrorCode::Unreachable;
    BOOST_TEST(obstacleOf(operation, server).has_value());
    freeze.error = ErrorCode::Refused;
    BOOST_TEST(!obstacleOf(operation, server).has_value());
    operation.state = State::FreezingStandIn;
    freeze.state = StepState::Unknown;
    BOOST_TEST(!obstacleOf(operation, server).has_value());
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_fenced_goes_on_when_its_power_is_read_as_off) {
    auto server = estate(FencePolicy::Power).server;
    auto operation = handingOver(State::NeedsOperator);
    step(operation, StepName::FencePower, "server01", StepState::Failed).error = ErrorCode::Refused;
    BOOST_REQUIRE(obstacleOf(operation, server).has_value());
    BOOST_TEST((obstacleOf(operation, server)->power == Obstacle::Power::Off));
    BOOST_TEST(obstacleOf(operation, server)->silent.empty());
}

BOOST_AUTO_TEST_SUITE_END()
