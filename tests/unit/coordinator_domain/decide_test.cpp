#include "coordinator/domain/decide.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

#include "coordinator/domain/fence.hpp"
#include "coordinator/domain/recover.hpp"
#include "coordinator/domain/step_report.hpp"

using namespace standin::domain;
using standin::base::ErrorCode;
using standin::base::ServerName;
using standin::base::SpareName;
using standin::base::StandInName;
using standin::base::WallTime;
using namespace std::chrono_literals;

namespace {

const WallTime noon = WallTime(std::chrono::hours(480000));

Observation observation(FencePolicy policy = FencePolicy::Port) {
    Observation observation;
    observation.server.name = ServerName("server01");
    observation.server.fence_policy = policy;
    observation.server.evidence.policy = EvidencePolicy::Trap;  // the evidence has tests of its own
    observation.spares = {SpareName("spare01")};
    return observation;
}

Operation failover(bool stand_in = true) {
    Operation operation;
    operation.id = 17;
    operation.server = ServerName("server01");
    operation.cause = "a test";
    operation.failure_at = noon;
    operation.image = standin::base::ImageId("image-1");
    if (stand_in) operation.stand_in = StandInName("server01-1");
    return operation;
}

std::vector<std::string> started(const Decision& decision) {
    std::vector<std::string> names;
    if (const auto* start = std::get_if<Start>(&decision.action)) {
        for (const auto& step : start->steps) names.emplace_back(nameOf(step.id.name));
    }
    return names;
}

void finish(Operation& operation, StepName name, StepState state = StepState::Done,
            ErrorCode error = ErrorCode::Internal) {
    for (auto& shared : operation.steps) {
        if (shared->id.name != name) continue;
        auto& step = shared.own();
        step.state = state;
        step.error = error;
        step.ended = step.started + 1ms;
    }
}

using Names = std::vector<std::string>;

/// Fenced, its stand-in frozen, what is held on its way to the spare.
Operation releasingFailover() {
    auto operation = failover();
    operation.state = State::ReleasingRequests;
    operation.spare = SpareName("spare01");
    for (const auto done : {StepName::FencePort, StepName::FencePower})
        operation.at({done, "server01"}).state = StepState::Done;
    return operation;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(deciding)

BOOST_AUTO_TEST_CASE(the_fence_that_the_policy_demands_and_the_resumption_are_started_together) {
    const auto decision = decide(failover(), observation(), noon);
    BOOST_TEST(started(decision) == (Names{"FencePort", "ResumeStandIn"}), boost::test_tools::per_element());
    BOOST_TEST((decision.after.state == State::TakingOver));
}

BOOST_AUTO_TEST_CASE(the_power_is_cut_once_a_stand_in_runs_that_can_take_the_job) {
    auto operation = decide(failover(), observation(FencePolicy::Power), noon).after;
    finish(operation, StepName::FencePort);
    BOOST_TEST(started(decide(operation, observation(FencePolicy::Power), noon)) == Names{},
               boost::test_tools::per_element());
    finish(operation, StepName::ResumeStandIn);
    BOOST_TEST(started(decide(operation, observation(FencePolicy::Power), noon)) == Names{"FencePower"},
               boost::test_tools::per_element());
    auto always = observation(FencePolicy::Power);
    always.server.fence_always = true;
    BOOST_TEST(started(decide(failover(), always, noon)) == (Names{"FencePort", "ResumeStandIn", "FencePower"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(under_policy_port_the_power_is_cut_out_of_the_takeovers_way) {
    auto operation = decide(failover(), observation(), noon).after;
    finish(operation, StepName::FencePort);
    operation = decide(operation, observation(), noon).after;
    finish(operation, StepName::ResumeStandIn);
    auto giving = decide(operation, observation(), noon);
    BOOST_TEST(started(giving) == Names{"GiveSegment"}, boost::test_tools::per_element());
    operation = giving.after;
    finish(operation, StepName::GiveSegment);
    const auto names = started(decide(operation, observation(), noon));
    BOOST_TEST((std::find(names.begin(), names.end(), "FencePower") != names.end()));
}

BOOST_AUTO_TEST_CASE(under_policy_port_the_power_is_cut_at_once_when_the_port_fence_comes_to_nothing) {
    auto operation = decide(failover(), observation(), noon).after;
    finish(operation, StepName::FencePort, StepState::Unknown, ErrorCode::TimedOut);
    finish(operation, StepName::ResumeStandIn);
    BOOST_TEST(started(decide(operation, observation(), noon + 2ms)) == Names{"FencePower"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_power_is_not_cut_before_it_is_known_what_came_of_an_order_to_switch_it_on) {
    auto world = observation(FencePolicy::Power);
    world.power_on_under_way = true;
    auto operation = decide(failover(), world, noon).after;
    finish(operation, StepName::ResumeStandIn);
    operation = decide(operation, world, noon + 1ms).after;
    BOOST_TEST(operation.find(StepName::FencePower, "server01") == nullptr);
    world.power_on_under_way = false;
    BOOST_TEST(started(decide(operation, world, noon + 2ms)) == Names{"FencePower"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_retry_reads_the_power_again_unless_a_person_has_seen_that_it_is_off) {
    for (const bool by_hand : {false, true}) {
        auto operation = releasingFailover();
        if (by_hand) confirmPowerFence(operation, "ada", noon);
        operation.state = State::NeedsOperator;
        const auto retried = accept(operation, Event::OperatorRetries, "ada", noon + 1min);
        BOOST_REQUIRE(retried.has_value());
        BOOST_TEST(isFenced(retried->after, observation(FencePolicy::Power).server) == by_hand);
    }
}

BOOST_AUTO_TEST_CASE(after_a_retry_a_spare_that_had_failed_is_leased_anew_before_it_is_written) {
    auto operation = releasingFailover();
    operation.state = State::NeedsOperator;
    const StepId lease{StepName::LeaseSpare, "spare07"};
    operation.at(lease).state = StepState::Done;
    operation.failed_spares = {standin::base::SpareName("spare07")};  // another one is the present one
    BOOST_TEST(operation.spare.text() != "spare07");
    const auto retried = accept(operation, Event::OperatorRetries, "ada", noon + 1min);
    BOOST_REQUIRE(retried.has_value());
    BOOST_TEST((retried->after.find(lease)->state == StepState::Planned));
}

BOOST_AUTO_TEST_CASE(asking_again_without_news_waits) {
    const auto first = decide(failover(), observation(), noon);
    const auto again = decide(first.after, observation(), noon);
    BOOST_TEST(std::holds_alternative<Wait>(again.action));
    BOOST_TEST(again.changes.empty());
}

BOOST_AUTO_TEST_CASE(the_port_fence_and_an_answering_stand_in_suffice_under_policy_port) {
    auto operation = decide(failover(), observation(), noon).after;
    finish(operation, StepName::FencePort);
    BOOST_TEST((decide(operation, observation(), noon).after.state == State::TakingOver));
    finish(operation, StepName::ResumeStandIn);
    const auto decision = decide(operation, observation(), noon);
    BOOST_TEST((decision.after.state == State::GivingSegment));
    BOOST_TEST(started(decision) == Names{"GiveSegment"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(policy_power_does_not_accept_the_port_fence) {
    auto operation = decide(failover(), observation(FencePolicy::Power), noon).after;
    finish(operation, StepName::FencePort);
    finish(operation, StepName::ResumeStandIn);
    operation = decide(operation, observation(FencePolicy::Power), noon).after;
    BOOST_TEST((operation.state == State::TakingOver));
    finish(operation, StepName::FencePower);
    BOOST_TEST((decide(operation, observation(FencePolicy::Power), noon).after.state == State::GivingSegment));
}

BOOST_AUTO_TEST_CASE(an_unknown_fence_is_no_fence) {
    for (const auto state :
         {StepState::Unknown, StepState::Failed, StepState::Running, StepState::Polling, StepState::Planned}) {
        auto operation = decide(failover(), observation(), noon).after;
        finish(operation, StepName::ResumeStandIn);
        finish(operation, StepName::FencePort, state, ErrorCode::TimedOut);
        finish(operation, StepName::FencePower, state, ErrorCode::TimedOut);
        BOOST_TEST(!isFenced(operation, observation().server));
        BOOST_TEST((decide(operation, observation(), noon + 1ms).after.state == State::TakingOver), nameOf(state));
    }
}

BOOST_AUTO_TEST_CASE(a_step_without_an_answer_is_tried_again_after_its_pause) {
    auto operation = decide(failover(), observation(), noon).after;
    finish(operation, StepName::FencePort, StepState::Unknown, ErrorCode::TimedOut);
    operation = decide(operation, observation(), noon + 2ms).after;
    const auto waiting = decide(operation, observation(), noon + 2ms);
    const auto* wait = std::get_if<Wait>(&waiting.action);
    BOOST_REQUIRE(wait != nullptr);
    BOOST_REQUIRE(wait->until.has_value());
    const auto again = decide(operation, observation(), *wait->until);
    BOOST_TEST(started(again) == Names{"FencePort"}, boost::test_tools::per_element());
    BOOST_TEST(again.after.find({StepName::FencePort, "server01"})->attempts == 2u);
}

BOOST_AUTO_TEST_CASE(a_restore_is_asked_for_again_where_the_refusal_may_pass_and_not_where_it_stays) {
    for (const auto& [error, again] : {std::pair(ErrorCode::Refused, true), std::pair(ErrorCode::Unreachable, true),
                                       std::pair(ErrorCode::Corrupt, false), std::pair(ErrorCode::NotFound, false)}) {
        auto operation = failover();
        operation.state = State::PreparingSpare;
        operation.spare = SpareName("spare01");
        for (const auto done : {StepName::LeaseSpare, StepName::ReleaseSpare, StepName::PowerOffSpare})
            operation.at({done, "spare01"}).state = StepState::Done;
        auto seen = observation();
        seen.leased = {SpareName("spare01")};
        operation = decide(operation, seen, noon).after;
        BOOST_REQUIRE(operation.find({StepName::RestoreSpare, "spare01"}) != nullptr);
        finish(operation, StepName::RestoreSpare, StepState::Failed, error);
        const auto decision = decide(operation, seen, noon + 1s);
        BOOST_TEST((decision.after.state == State::PreparingSpare) == again, nameOf(error));
    }
}

BOOST_AUTO_TEST_CASE(without_a_stand_in_the_restore_path_begins_at_once) {
    const auto decision = decide(failover(false), observation(), noon);
    BOOST_TEST((decision.after.state == State::ColdPreparingSpare));
    BOOST_TEST(decision.after.spare.text() == "spare01");
    BOOST_TEST(started(decision) == (Names{"FencePort", "LeaseSpare", "TellOperator"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_spare_is_not_switched_off_before_its_vm_host_is_released_nor_written_before_it_is_off) {
    auto world = observation();
    auto operation = decide(failover(false), world, noon).after;
    finish(operation, StepName::LeaseSpare);
    world.leased = {SpareName("spare01")};
    auto decision = decide(operation, world, noon);
    BOOST_TEST(started(decision) == (Names{"ReleaseSpare"}), boost::test_tools::per_element());
    operation = decision.after;
    finish(operation, StepName::ReleaseSpare);
    decision = decide(operation, world, noon);
    BOOST_TEST(started(decision) == (Names{"PowerOffSpare"}), boost::test_tools::per_element());
    operation = decision.after;
    finish(operation, StepName::PowerOffSpare, StepState::Unknown, ErrorCode::TimedOut);
    BOOST_TEST(started(decide(operation, world, noon + 1ms)).empty());
    finish(operation, StepName::PowerOffSpare);
    const auto names = started(decide(operation, world, noon));
    BOOST_TEST((std::find(names.begin(), names.end(), "RestoreSpare") != names.end()));
}

BOOST_AUTO_TEST_CASE(a_spare_whose_vm_host_was_not_released_is_left_as_it_is) {
    auto world = observation();
    auto operation = decide(failover(false), world, noon).after;
    finish(operation, StepName::LeaseSpare);
    world.leased = {SpareName("spare01")};
    operation = decide(operation, world, noon).after;
    finish(operation, StepName::ReleaseSpare, StepState::Failed, ErrorCode::Refused);
    const auto decision = decide(operation, world, noon + 2min);
    BOOST_TEST((decision.after.state == State::NeedsOperator), nameOf(decision.after.state));
    for (const char* step : {"PowerOffSpare", "PowerOffFailedSpare"})
        BOOST_TEST(decision.after.find(*stepFrom(step), "spare01") == nullptr, step);
}

BOOST_AUTO_TEST_CASE(a_step_of_the_critical_path_that_fails_for_seconds_is_told_once_while_it_is_tried_on) {
    auto operation = decide(failover(), observation(), noon).after;
    const auto failAt = [&](WallTime when) {
        finish(operation, StepName::FencePort, StepState::Failed, ErrorCode::Refused);
        operation.at({StepName::FencePort, "server01"}).ended = when;
        operation = decide(operation, observation(), when).after;
        return std::count_if(operation.notes.begin(), operation.notes.end(),
                             [](const Note& note) { return note.topic == "in_vain_FencePort"; });
    };
    BOOST_TEST(failAt(noon + 4s) == 0);
    BOOST_TEST(failAt(noon + 6s) == 1);
    finish(operation, StepName::TellOperator);
    operation.at({StepName::FencePort, "server01"}).state = StepState::Running;
    BOOST_TEST(failAt(noon + 8s) == 1);
    BOOST_TEST((operation.find({StepName::TellOperator, "in_vain_FencePort"})->attempts == 1u));
}

BOOST_AUTO_TEST_CASE(a_recovered_operation_observes_what_was_running_and_has_some_time_for_it) {
    auto operation = decide(failover(), observation(), noon).after;
    recover(operation, observation(), noon + 1h);
    for (const Step& step : operation.steps) BOOST_TEST((step.state == StepState::Unknown));
    const auto decision = decide(operation, observation(), noon + 1h);
    BOOST_TEST((decision.after.state == State::TakingOver));
    BOOST_TEST(started(decision) == (Names{"FencePort", "ResumeStandIn"}), boost::test_tools::per_element());
    for (const Step& step : decision.after.steps) BOOST_TEST(step.attempts == 2u);
}

BOOST_AUTO_TEST_CASE(a_spare_that_does_not_take_what_was_held_is_not_given_the_segment) {
    auto operation = releasingFailover();
    auto world = observation();
    world.leased = {SpareName("spare01")};
    operation.at({StepName::ProbeSpare, "spare01"}).state = StepState::Done;
    auto& release = operation.at({StepName::ReleaseHeld, "spare01"});
    release.state = StepState::Polling;
    release.message = "55 requests are held";
    release.patience_from = release.started = release.ended = noon;
    BOOST_TEST((decide(operation, world, noon + 59s).after.state == State::ReleasingRequests));

    const auto silent = decide(operation, world, noon + 61s);
    BOOST_TEST((silent.after.state == State::NeedsOperator));
    BOOST_TEST(silent.after.cure.find("spare01") != std::string::npos);

    auto& unknown = operation.at({StepName::ReleaseHeld, "spare01"});
    unknown.state = StepState::Unknown;
    unknown.error = ErrorCode::TimedOut;
    BOOST_TEST((decide(operation, world, noon + 61s).after.state == State::GivingSegmentToSpare));
}

BOOST_AUTO_TEST_CASE(a_holder_that_refuses_to_release_once_is_asked_again) {
    auto operation = releasingFailover();
    auto world = observation();
    world.leased = {SpareName("spare01")};
    auto& release = operation.at({StepName::ReleaseHeld, "spare01"});
    release.state = StepState::Failed;
    release.error = ErrorCode::Refused;
    release.patience_from = release.started = release.ended = noon;
    BOOST_TEST((started(decide(operation, world, noon + 1s)) == Names{"ReleaseHeld"}));
    BOOST_TEST((decide(operation, world, noon + 61s).after.state == State::NeedsOperator));
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_is_stopped_or_not_heard_of_is_not_said_to_go_on) {
    auto operation = failover();
    operation.state = State::LeavingSpare;
    operation.spare = SpareName("spare01");
    operation.job_runs = true;
    for (const auto done : {StepName::FencePort, StepName::FencePower})
        operation.at({done, "server01"}).state = StepState::Done;
    auto& grow = operation.at({StepName::GrowStandIn, "server01-1"});
    grow.state = StepState::Failed;
    grow.patience_from = grow.started = grow.ended = noon;
    for (const auto error : {ErrorCode::Unreachable, ErrorCode::WrongState, ErrorCode::NotFound}) {
        grow.error = error;
        const auto decision = decide(operation, observation(), noon + 61s);
        BOOST_TEST((decision.after.state == State::NeedsOperator));
        BOOST_TEST(decision.after.cure.find("VM host") != std::string::npos);
    }
    grow.error = ErrorCode::Refused;  // it runs, and cannot grow
    BOOST_TEST((decide(operation, observation(), noon + 61s).after.state == State::Failed));
}

/// Any course of steps, however strange, ends in rest within bounded time and breaks no assertion of decide().
BOOST_AUTO_TEST_CASE(every_failover_comes_to_rest_whatever_becomes_of_its_steps) {
    for (unsigned seed = 1; seed <= 300; ++seed) {
        std::mt19937 random(seed);
        auto world = observation(random() % 2 == 0 ? FencePolicy::Port : FencePolicy::Power);
        if (random() % 2 == 0) world.spares.push_back(SpareName("spare02"));
        const unsigned luck = 30 + random() % 70;
        auto operation = failover(random() % 4 != 0);
        auto now = noon;
        int rounds = 0;
        for (; rounds < 100000; ++rounds) {
            if (!operation.spare.empty()) {
                const auto* lease = operation.find({StepName::LeaseSpare, operation.spare.text()});
                world.leased.clear();
                if (lease != nullptr && lease->state == StepState::Done) world.leased = {operation.spare};
            }
            const auto decision = decide(operation, world, now);
            operation = decision.after;
            if (std::holds_alternative<Start>(decision.action)) {
                for (auto& shared : operation.steps) {
                    if (shared->state != StepState::Running) continue;
                    auto& step = shared.own();
                    const bool lucky = random() % 100 < luck;
                    now += std::chrono::milliseconds(random() % 100);
                    step.ended = now;
                    step.state = lucky ? StepState::Done : random() % 2 == 0 ? StepState::Unknown : StepState::Failed;
                    if (!lucky && random() % 4 == 0) step.state = StepState::Polling;
                    step.error = random() % 2 == 0 ? ErrorCode::Unreachable : ErrorCode::Refused;
                }
                continue;
            }
            const auto* wait = std::get_if<Wait>(&decision.action);
            if (wait == nullptr) break;
            BOOST_REQUIRE(wait->until.has_value());
            now = std::max(now + 1ms, *wait->until);
        }
        BOOST_TEST(isResting(operation.state), "seed " << seed << ": " << nameOf(operation.state));
        BOOST_TEST((operation.state != State::NeedsOperator || !operation.cure.empty()), "seed " << seed);
        BOOST_TEST(!operation.notes.empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
