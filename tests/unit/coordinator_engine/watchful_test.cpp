#include "coordinator/domain/phases.hpp"
#include "coordinator/domain/step_report.hpp"
#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;
using domain::Placement;
using domain::StepName;

namespace {

engine::WatchedPlacement placed(Lab& lab) {
    return lab.ask([](engine::Conductor& c) { return c.jobs().placementsToWatch(); }).at(0);
}

void seeSegment(Lab& lab, const engine::WatchedPlacement& looked, const std::optional<protocol::SegmentOrder>& order) {
    lab.ask([&](engine::Conductor& c) {
        c.jobs().segmentSeen(looked, order);
        return true;
    });
    lab.run();
}

void loseExecutor(Lab& lab, const engine::WatchedPlacement& looked, bool server_is_off = true) {
    lab.ask([&](engine::Conductor& c) {
        c.jobs().executorLost(looked, {"is stopped, not running", false, server_is_off});
        return true;
    });
    lab.run();
}

/// The stand-in executes the job for good: the spare never boots.
struct OnStandIn : Lab {
    OnStandIn() {
        machine("spare01").boot = Boot::Never;
        id = failAndRun().id;
        BOOST_REQUIRE(stateOf(operation(id)) == "Failed");
    }
    domain::OperationId id = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(after_an_end)

BOOST_AUTO_TEST_CASE(a_segment_of_which_the_switch_has_no_record_any_more_is_given_to_its_executor_again) {
    Lab lab;
    lab.failAndRun();
    BOOST_REQUIRE(lab.owner() == "spare");
    lab.lanSwitch().forget();
    seeSegment(lab, placed(lab), std::nullopt);
    BOOST_TEST(lab.owner() == "spare");
    BOOST_TEST(lab.told("its switch has no record of it any more"));
}

BOOST_AUTO_TEST_CASE(a_segment_that_nobody_owns_is_given_to_the_stand_in_that_executes_the_job) {
    OnStandIn lab;
    auto order = lab.order();
    order.owner = {};
    lab.setOrder(order);
    seeSegment(lab, placed(lab), order);
    BOOST_TEST(lab.owner() == "stand-in");
    BOOST_TEST(lab.told("belongs to nobody"));
}

BOOST_AUTO_TEST_CASE(what_the_watch_saw_before_an_operation_began_is_not_acted_upon) {
    OnStandIn lab;
    const auto looked = placed(lab);
    BOOST_REQUIRE(lab.retry(lab.id));
    const auto told = lab.world.told.size();
    lab.ask([&](engine::Conductor& c) {
        c.jobs().segmentSeen(looked, std::nullopt);
        c.jobs().executorLost(looked, {"is stopped", false, true});
        return true;
    });
    BOOST_TEST(lab.world.told.size() == told);
    lab.run();
}

BOOST_AUTO_TEST_CASE(a_failover_whose_stand_in_is_lost_after_its_end_is_retried_with_the_spare) {
    OnStandIn lab;
    lab.machine("spare01").boot = Boot::Well;
    loseExecutor(lab, placed(lab));
    BOOST_TEST(lab.told("is down or may be: stand-in"));
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "Succeeded");
    BOOST_TEST(lab.owner() == "spare");
}

BOOST_AUTO_TEST_CASE(a_lost_stand_in_of_a_server_in_maintenance_is_told_and_left_alone) {
    OnStandIn lab;
    BOOST_REQUIRE(lab.setMaintenance(true));
    loseExecutor(lab, placed(lab));
    BOOST_TEST(lab.told("is down or may be: stand-in"));
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "Failed");
}

// Somebody has repaired the server and stopped the stand-in, to bring the job back.
BOOST_AUTO_TEST_CASE(a_lost_stand_in_of_a_server_that_is_not_off_is_told_and_left_alone) {
    OnStandIn lab;
    lab.machine("spare01").boot = Boot::Well;
    loseExecutor(lab, placed(lab), false);
    BOOST_TEST(lab.told("is down or may be: stand-in"));
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "Failed");
}

BOOST_AUTO_TEST_CASE(a_lost_spare_is_told_once_with_the_cure) {
    Lab lab;
    lab.failAndRun();
    loseExecutor(lab, placed(lab));
    loseExecutor(lab, placed(lab));
    const auto is_of_loss = [](const std::string& message) {
        return message.find("is down or may be: spare 'spare01'") != std::string::npos;
    };
    BOOST_TEST(std::count_if(lab.world.told.begin(), lab.world.told.end(), is_of_loss) == 1);
    BOOST_TEST(lab.told("standinctl returned server01"));
}

BOOST_AUTO_TEST_CASE(the_back_leg_is_led_to_the_stand_in_that_executes_the_job_and_its_segment_stays) {
    OnStandIn lab;
    const auto before = lab.order();
    BOOST_REQUIRE(before.back_leg_to == base::MemberName("spare"));
    const auto moves = lab.owners.at("job01").size();
    const auto looked = placed(lab);
    lab.ask([&](engine::Conductor& c) {
        c.jobs().leadBackLeg(looked, before);
        return true;
    });
    lab.run();
    auto wanted = before;
    wanted.back_leg_to = base::MemberName("stand-in");
    BOOST_TEST((lab.order() == wanted));
    BOOST_TEST(lab.owners.at("job01").size() == moves);
}

// The back leg leads to the stand-in, which answers: that must not pass for the spare's answer.
BOOST_AUTO_TEST_CASE(a_spare_is_asked_in_its_own_quarantine_after_the_job_on_the_stand_in_was_asked) {
    OnStandIn lab;
    const auto looked = placed(lab);
    lab.ask([&](engine::Conductor& c) {
        c.jobs().leadBackLeg(looked, lab.order());
        return true;
    });
    lab.run();
    BOOST_REQUIRE(lab.retry(lab.id));
    lab.run();
    BOOST_TEST(stateOf(lab.operation(lab.id)) == "Failed");
    BOOST_TEST(lab.owner() == "stand-in");
}

BOOST_AUTO_TEST_CASE(a_job_that_fell_silent_is_told_with_the_cure_and_nothing_is_done_to_its_machine) {
    Lab lab;
    const auto id = lab.failAndRun().id;
    const auto looked = placed(lab);
    const auto commands = lab.progress.size();
    lab.ask([&](engine::Conductor& c) {
        c.jobs().jobFellSilent(looked, {lab.now(), "connection refused", true});
        return true;
    });
    lab.run();
    BOOST_TEST(lab.told("the job of server 'server01' on spare 'spare01' has not answered"));
    BOOST_TEST(lab.told("the machine runs, and is left alone"));
    BOOST_TEST(lab.told("standinctl returned server01"));
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
    BOOST_TEST(lab.progress.size() == commands);
    lab.ask([&](engine::Conductor& c) {
        c.jobs().jobAnswersAgain(looked, lab.now());
        return true;
    });
    BOOST_TEST(lab.told("answers again"));
}

// Its journal is new, or older than the world.
BOOST_AUTO_TEST_CASE(a_spare_that_is_found_executing_a_job_is_leased_to_its_server) {
    Lab lab(2, 2);
    const auto& spare = lab.config.inventory.spares.at(base::SpareName("spare02"));
    BOOST_REQUIRE(lab.unsetSpare("server02"));
    lab.run();
    protocol::SegmentOrder order;
    order.owner = base::MemberName("spare");
    order.members.push_back({order.owner, spare.port, spare.mac});
    seeSegment(lab, placed(lab), order);
    BOOST_CHECK(lab.placement().on == Placement::On::Spare);
    BOOST_TEST(lab.placement().spare.text() == "spare02");
    const auto lease = lab.board().lease(spare.name);
    BOOST_REQUIRE(lease);
    BOOST_TEST(lease->server.text() == "server01");
    const auto set = lab.setSpare("server02", "spare02");
    BOOST_TEST(!set.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(spares_of_unknown_past)

BOOST_AUTO_TEST_CASE(a_spare_that_owns_another_segment_is_neither_switched_nor_written) {
    Lab lab;
    const auto& spare = lab.config.inventory.spares.at(base::SpareName("spare01"));
    lab.machine("spare01").on = true;
    protocol::SegmentOrder order;
    order.owner = base::MemberName("spare");
    order.members.push_back({order.owner, spare.port, spare.mac});
    lab.setOrder(order, "job77");
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Failed");
    BOOST_TEST(lab.machine("spare01").on);
    BOOST_TEST(lab.store().restores().empty());
    BOOST_TEST(lab.told("serves segment 'job77'"));
    const auto* off = failover.find({StepName::PowerOffSpare, "spare01"});
    BOOST_REQUIRE(off != nullptr);
    BOOST_TEST(off->attempts == 1u);  // what executes a job now does so in a minute as well
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(beside_the_cold_path)

BOOST_AUTO_TEST_CASE(a_stand_in_whose_vm_host_answers_again_during_the_restore_takes_the_job) {
    Lab lab;
    const std::string resumption = "stand_in.running/" + lab.standIn();
    lab.disturb(resumption, Mishap::Unreachable);
    const auto id = lab.fail("server01");
    lab.runUntil(id, "ColdPreparingSpare");
    lab.heal(resumption);
    lab.run();
    const auto failover = lab.operation(id);
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(!failover.cold);
    const auto& owners = lab.owners.at("job01");
    BOOST_TEST((std::find(owners.begin(), owners.end(), "stand-in") != owners.end()));
    BOOST_TEST(lab.store().restores().size() == 1u);
}

BOOST_AUTO_TEST_CASE(without_a_spare_the_stand_in_is_asked_on_and_then_the_operator_is_needed) {
    Lab lab;
    lab.disturb("power.off/spare01", Mishap::Refused);
    lab.disturb("stand_in.running/" + lab.standIn(), Mishap::Unreachable);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(lab.told("it is asked on"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(attempts)

BOOST_AUTO_TEST_CASE(phases_are_told_for_each_attempt_and_the_new_owner_counts_from_the_failure) {
    OnStandIn lab;
    const auto before = lab.operation(lab.id);
    const auto first = domain::phasesOf(before);
    const auto takeover = domain::takeoverMs(before);
    BOOST_REQUIRE(takeover.has_value());
    lab.pass(std::chrono::minutes(3));
    lab.machine("spare01").boot = Boot::Well;
    BOOST_REQUIRE(lab.retry(lab.id));
    lab.run();
    const auto after = lab.operation(lab.id);
    BOOST_REQUIRE(stateOf(after) == "Succeeded");
    BOOST_TEST(domain::takeoverMs(after).value() == *takeover);
    BOOST_REQUIRE(after.past_attempts.size() == 1u);
    BOOST_TEST((after.past_attempts.at(0).phases_ms == first));
    const auto second = domain::phasesOf(after);
    BOOST_TEST(second.count("detect") == 0u);
    BOOST_TEST(second.count("spare_boot") == 1u);
    BOOST_TEST(second.at("spare_boot") < 120'000);
    BOOST_TEST(second.count("fence_port") == 0u);  // it was done in the first
}

BOOST_AUTO_TEST_CASE(a_spare_that_is_only_probed_again_was_not_booted_again) {
    domain::Operation operation;
    operation.kind = domain::OperationKind::Failover;
    operation.failure_at = base::WallTime(std::chrono::seconds(100));
    const auto at = [](int seconds) { return base::WallTime(std::chrono::seconds(seconds)); };
    const auto begin = [&](StepName name, int seconds) {
        auto& step = operation.at({name, "spare01"});
        step.first_started = at(seconds);
        step.plans = 1;
        step.state = domain::StepState::Running;
    };
    begin(StepName::StartSpare, 110);
    domain::applyReport(operation, {StepName::StartSpare, "spare01"}, domain::StepReport::done("on"), at(112));
    begin(StepName::ProbeSpare, 112);
    domain::applyReport(operation, {StepName::ProbeSpare, "spare01"}, domain::StepReport::done("answers"), at(137));
    BOOST_TEST(domain::phasesOf(operation).at("spare_boot") == 27'000);
    begin(StepName::ProbeSpare, 330);
    domain::applyReport(operation, {StepName::ProbeSpare, "spare01"}, domain::StepReport::done("answers"), at(331));
    BOOST_TEST(domain::phasesOf(operation).at("spare_boot") == 27'000);
    domain::beginAttempt(operation, at(320));
    BOOST_TEST(domain::phasesOf(operation).count("spare_boot") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
