#include "coordinator/domain/phases.hpp"
#include "tests/unit/coordinator_engine/protected_lab.hpp"

using namespace standin;
using domain::FencePolicy;
using simulated::Fault;

BOOST_AUTO_TEST_SUITE(takeover)

BOOST_AUTO_TEST_CASE(a_failed_servers_job_goes_on_first_on_the_stand_in_then_on_the_spare) {
    Protected lab;
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    const std::vector<std::string> owners{"server", "nobody", "stand-in", "holder", "spare"};
    BOOST_TEST(lab.world.owners["job01"] == owners, boost::test_tools::per_element());
    BOOST_TEST(lab.world.machines["spare01"].disk == "server01-1");
    BOOST_TEST(!lab.world.machines["server01"].on);
    BOOST_TEST(lab.world.holds["job01"].held == 0u);
    BOOST_TEST(lab.told("has ended normally"));
    BOOST_TEST(!lab.coordinator.row("server01")->standin_ready);
}

BOOST_AUTO_TEST_CASE(every_phase_of_a_failover_is_measured) {
    Protected lab;
    const auto phases = domain::phasesOf(lab.failAndRun());
    for (const char* phase : {"detect", "fence_port", "resume", "segment", "announce", "first_answer", "fence_power",
                              "restore", "spare_boot", "hold", "drain", "handover"}) {
        BOOST_TEST(phases.count(phase) == 1u, phase);
    }
}

BOOST_AUTO_TEST_CASE(at_most_two_commits_stand_between_the_trap_and_the_segment) {
    Protected lab;
    const int before = lab.coordinator.journal.commits;
    int at_segment = 0;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "segment.set" && lab.owner() == "stand-in" && at_segment == 0)
            at_segment = lab.coordinator.journal.commits;
    };
    lab.failAndRun();
    BOOST_TEST(at_segment - before == 2);
}

BOOST_AUTO_TEST_CASE(the_segment_is_not_given_before_the_port_fence_is_confirmed) {
    Protected lab;
    lab.world.fail("segment.set job01", Fault::TimesOut, 2);
    lab.world.fail("power.off server01", Fault::Refuses);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded");
    const auto* fence = failover.find({domain::StepName::FencePort, "server01"});
    BOOST_TEST(fence->attempts == 3u);
    BOOST_TEST((fence->ended <= failover.find({domain::StepName::GiveSegment, failover.stand_in.text()})->started));
}

BOOST_AUTO_TEST_CASE(a_confirmed_power_fence_suffices_where_the_port_cannot_be_fenced) {
    Protected lab;
    lab.world.fail("segment.get job01", Fault::Refuses);
    lab.world.fail("segment.set job01", Fault::Refuses, 1);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(!lab.world.machines["server01"].on);
}

BOOST_AUTO_TEST_CASE(policy_power_waits_for_the_power_to_be_read_back_as_off) {
    Protected lab(1, 1, FencePolicy::Power);
    lab.world.fail("power.off server01", Fault::TimesOut, 2);
    bool off_first = false;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "segment.set" && lab.owner() == "stand-in") off_first = !lab.world.machines["server01"].on;
    };
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded");
    BOOST_TEST(off_first);
}

BOOST_AUTO_TEST_CASE(a_power_that_cannot_be_read_back_never_gives_the_segment_under_policy_power) {
    Protected lab(1, 1, FencePolicy::Power);
    lab.world.fail("power.off server01", Fault::TimesOutAfter);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(!failover.cure.empty());
    BOOST_TEST(lab.owner() == "");
    BOOST_TEST(lab.told("confirm-fence"));
}

BOOST_AUTO_TEST_CASE(the_operators_own_eyes_count_as_the_power_fence) {
    Protected lab(1, 1, FencePolicy::Power);
    lab.world.fail("power.off server01", Fault::Refuses);
    const auto id = lab.failAndRun().id;
    lab.world.machines["server01"].on = false;  // by hand
    BOOST_TEST(lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().confirmFence(id, "operator ada"); })
                   .has_value());
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded", lab.coordinator.operation(id).why);
}

BOOST_AUTO_TEST_CASE(without_any_confirmed_fence_the_segment_is_given_to_nobody) {
    Protected lab;
    lab.world.fail("power.off server01", Fault::TimesOut);
    lab.world.fail("segment.set job01", Fault::TimesOut);
    lab.world.fail("segment.get job01", Fault::Unreachable);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "NeedsOperator");
    BOOST_TEST(lab.owner() == "server");
    BOOST_TEST(lab.world.count("segment.set job01") > 0);
}

BOOST_AUTO_TEST_CASE(an_unconfirmed_power_fence_is_told_loudly_and_does_not_stop_policy_port) {
    Protected lab;
    lab.world.fail("power.off server01", Fault::Refuses);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded");
    BOOST_TEST(lab.told("could not be confirmed as off"));
    BOOST_TEST(failover.find({domain::StepName::FencePower, "server01"})->attempts > 1u);
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_nobody_can_probe_takes_over_if_it_is_confirmed_as_running) {
    Protected lab;
    lab.world.fail("probe job01", Fault::Unreachable, 1);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(failover) == "Succeeded");
    BOOST_TEST(!failover.cold);
}

BOOST_AUTO_TEST_CASE(two_traps_of_one_failure_start_one_failover) {
    Protected lab;
    const auto first = lab.coordinator.fail("server01");
    const auto second = lab.coordinator.fail("server01", "power");
    lab.coordinator.run();
    const auto third = lab.coordinator.fail("server01");
    BOOST_TEST(first == second);
    BOOST_TEST(first == third);
    BOOST_TEST(stateOf(lab.coordinator.operation(first)) == "Succeeded");
    BOOST_TEST(lab.coordinator.last().id == first);
}

BOOST_AUTO_TEST_CASE(two_hundred_servers_fail_over_beside_each_other) {
    Protected lab(200, 200);
    std::vector<engine::Input> burst;
    for (const auto& [name, server] : lab.coordinator.inventory.servers) {
        lab.world.machines[name.text()].boots = false;
        burst.emplace_back(
            engine::ReportInput{{name, "chassis", "rack 3 has died", "trap 1", lab.coordinator.clock.steady()}, {}});
    }
    const int before = lab.coordinator.journal.commits;
    lab.coordinator.conductor->handle(std::move(burst));
    BOOST_TEST(lab.coordinator.journal.commits - before == 1);
    lab.coordinator.run();
    int succeeded = 0;
    for (const auto& operation : lab.coordinator.board->operations(200))
        succeeded += stateOf(operation) == "Succeeded" ? 1 : 0;
    BOOST_TEST(succeeded == 200);
}

BOOST_AUTO_TEST_SUITE_END()
