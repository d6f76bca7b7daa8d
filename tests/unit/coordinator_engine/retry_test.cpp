#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;
using domain::FencePolicy;
using domain::StepName;

BOOST_AUTO_TEST_SUITE(retries)

BOOST_AUTO_TEST_CASE(the_operators_retry_tries_the_spare_again_and_hands_over) {
    Lab lab;
    lab.machine("spare01").boot = Boot::Never;
    const auto id = lab.failAndRun().id;
    BOOST_TEST(stateOf(lab.operation(id)) == "Failed");
    lab.machine("spare01").boot = Boot::Well;
    BOOST_TEST(lab.retry(id).has_value());
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded", lab.operation(id).why);
    BOOST_TEST(lab.store().restores().size() == 2u);  // begun anew: the spare had run from its disk
    BOOST_TEST(lab.owner() == "spare");
}

namespace {

/// The stand-in executes the job, and no spare could be prepared; since then a person has stopped the stand-in.
struct StandInStopped : Lab {
    explicit StandInStopped(FencePolicy policy = FencePolicy::Port) : Lab(1, 1, policy) {
        machine("spare01").boot = Boot::Never;
        id = failAndRun().id;
        BOOST_REQUIRE(stateOf(operation(id)) == "Failed");
        machine("spare01").boot = Boot::Well;
        stopped().state = protocol::StandInState::Stopped;
        config.timings.store_mib_per_second = 16;  // what else is tried has its end before the restore's
        progress.clear();
    }
    protocol::StandIn& stopped() { return guest().stand_in; }
    /// And goes on until the spare is restored.
    void retryUntilRestored() {
        BOOST_TEST(retry(id).has_value());
        runUntil([this] {
            const auto failover = operation(id);
            return failover.find({StepName::RestoreSpare, "spare01"})->state == domain::StepState::Done;
        });
    }
    domain::OperationId id = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_retry_lets_a_stand_in_run_again_that_a_person_has_stopped) {
    StandInStopped lab;
    lab.retryUntilRestored();
    BOOST_TEST((lab.stopped().state == protocol::StandInState::Running));
    BOOST_TEST((lab.placement().on == domain::Placement::On::StandIn));
    BOOST_TEST(lab.owner() == "stand-in");
    lab.run();
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_retry_lets_the_stand_in_run_again_only_behind_the_fence_that_the_policy_demands) {
    StandInStopped lab(FencePolicy::Power);
    lab.machine("server01").on = true;  // repaired meanwhile
    lab.retryUntilRestored();
    const auto& progress = lab.progress;
    const auto off = std::find(progress.begin(), progress.end(), "power.off/server01");
    const auto runs = std::find(progress.begin(), progress.end(), "stand_in.running/" + lab.standIn());
    BOOST_TEST((off != progress.end() && off < runs && runs != progress.end()));
}

BOOST_AUTO_TEST_CASE(a_retry_says_that_the_job_stands_still_when_the_stand_in_is_gone) {
    StandInStopped lab;
    lab.world.lose(lab.standIn());
    lab.retryUntilRestored();
    BOOST_TEST((lab.placement().on == domain::Placement::On::Nobody));
    BOOST_TEST(!lab.operation(lab.id).job_runs);
    BOOST_TEST(lab.owner() == "");
    BOOST_TEST(lab.told("does not execute the job any more"));
    lab.run();
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "Succeeded");
    BOOST_TEST((lab.placement().on == domain::Placement::On::Spare));
}

BOOST_AUTO_TEST_CASE(a_failover_whose_stand_in_is_gone_after_it_had_the_job_is_not_closed) {
    StandInStopped lab;
    lab.world.lose(lab.standIn());
    lab.machine("spare01").boot = Boot::Never;
    lab.retryUntilRestored();
    lab.run();
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "NeedsOperator");
    const auto closed = lab.close(lab.id);
    BOOST_REQUIRE(!closed.has_value());
    BOOST_TEST(closed.error().message.find("what was done last is on stand-in") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_retry_says_that_nobody_knows_whether_a_stand_in_runs_whose_vm_host_is_silent) {
    StandInStopped lab;
    lab.disturb("stand_in.running", Mishap::Lost);
    lab.retryUntilRestored();
    BOOST_TEST((lab.placement().on == domain::Placement::On::StandIn));  // nobody has said anything else
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.told("still executes the job is not known"));
    lab.heal("stand_in.running");
    lab.run();
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_stand_in_of_which_nobody_knew_is_left_alone_once_its_requests_are_released_to_the_spare) {
    StandInStopped lab;
    for (const char* verb : {"stand_in.running", "stand_in.requests", "stand_in.stopped"})
        lab.disturb(verb, Mishap::Unreachable);
    lab.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "hold.get" && lab.heldAndAnswered() > 0 && lab.held() == 0)
            lab.machine("spare01").boot = Boot::Never;
    };
    lab.retryUntilRestored();
    lab.run();
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "NeedsOperator");
    BOOST_TEST((lab.placement().on == domain::Placement::On::Nobody));
    for (const char* verb : {"stand_in.running", "stand_in.requests", "stand_in.stopped"}) lab.heal(verb);
    lab.after_effect = nullptr;
    lab.machine("spare01").boot = Boot::Well;
    BOOST_TEST(lab.retry(lab.id).has_value());
    lab.run();
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "Succeeded");
    BOOST_TEST((lab.stopped().state == protocol::StandInState::Stopped));
}

BOOST_AUTO_TEST_CASE(a_stand_in_of_which_nobody_knew_gets_its_requests_back_at_the_next_retry) {
    StandInStopped lab;
    lab.stopped().state = protocol::StandInState::Running;
    lab.disturb("stand_in.running", Mishap::Unreachable);
    lab.guest().unanswered = 1;
    lab.retryUntilRestored();
    lab.run();
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "NeedsOperator");
    BOOST_TEST(lab.owner() == "holder");
    lab.heal("stand_in.running");
    lab.guest().unanswered = 0;
    BOOST_TEST(lab.retry(lab.id).has_value());
    lab.run();
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "Succeeded", lab.operation(lab.id).why);
    BOOST_TEST(lab.owner() == "spare");
}

namespace {

/// Nobody could be asked to suspend the stand-in, and its policy lets nobody go on without that: requests are held.
struct FreezeUnanswered : Lab {
    FreezeUnanswered() : Lab(1, 1, FencePolicy::Power) {
        disturb("stand_in.suspended", Mishap::Unreachable);
        id = failAndRun().id;
        BOOST_REQUIRE(stateOf(operation(id)) == "NeedsOperator");
    }
    std::vector<engine::BlockedFailover> blocked() {
        return ask([](engine::Conductor& c) { return c.blocked().due(); });
    }
    void goOn(const engine::BlockedFailover& looked) {
        ask([&](engine::Conductor& c) {
            c.blocked().obstacleGone(looked);
            return 0;
        });
        run();
    }
    domain::OperationId id = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_failover_that_rests_because_somebody_did_not_answer_is_tried_again_when_he_does) {
    FreezeUnanswered lab;
    const auto blocked = lab.blocked();
    BOOST_REQUIRE(blocked.size() == 1u);
    BOOST_TEST((blocked[0].obstacle.silent == std::vector{base::AgentName("vmhost1")}));
    BOOST_TEST((blocked[0].obstacle.power == domain::Obstacle::Power::Off));
    lab.heal("stand_in.suspended");
    lab.goOn(blocked[0]);
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "Succeeded", lab.operation(lab.id).why);
    BOOST_TEST(lab.owner() == "spare");
    BOOST_TEST(lab.blocked().empty());
}

BOOST_AUTO_TEST_CASE(what_was_tried_again_in_vain_waits_before_it_is_tried_once_more) {
    FreezeUnanswered lab;
    const auto blocked = lab.blocked();
    const auto reports = lab.operation(lab.id).past_attempts.size();
    for (int i = 0; i < 3; ++i) {
        lab.goOn(blocked.at(0));
        BOOST_TEST(stateOf(lab.operation(lab.id)) == "NeedsOperator");
    }
    BOOST_TEST(lab.operation(lab.id).past_attempts.size() < reports + 3);
}

BOOST_AUTO_TEST_CASE(nothing_is_tried_again_by_itself_in_maintenance) {
    FreezeUnanswered lab;
    BOOST_REQUIRE(lab.setMaintenance(true).has_value());
    BOOST_TEST(lab.blocked().empty());
}

BOOST_AUTO_TEST_SUITE_END()
