#include "tests/unit/coordinator_engine/protected_lab.hpp"

using namespace standin;
using domain::OperationKind;
using simulated::Fault;

namespace {

const base::ServerName server01("server01");

base::Result<domain::OperationId> ask(Protected& lab, OperationKind kind, const base::ServerName& server = server01) {
    return lab.coordinator.ask([&](engine::Conductor& c) {
        return c.requests().request({kind, server, {}, "operator ada", {}});
    });
}

engine::Engine::ReportOutcome report(Protected& lab, const std::string& kind = "processor") {
    return lab.coordinator.ask([&](engine::Conductor& c) {
        return c.reports().report({server01, kind, "a test", "trap 1", lab.coordinator.clock.steady()});
    });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(requests)

BOOST_AUTO_TEST_CASE(prepare_sets_standin_ready_after_the_job_answered_and_the_suspension_was_confirmed) {
    Protected lab;
    const auto row = lab.coordinator.row("server01");
    BOOST_REQUIRE(row.has_value());
    BOOST_TEST(row->standin_ready);
    BOOST_TEST(!row->stale);
    BOOST_TEST((lab.world.stand_ins.at(row->stand_in.text()).stand_in.state == protocol::StandInState::Suspended));
    BOOST_TEST(lab.owner() == "server");
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_does_not_answer_is_deleted_and_the_flag_stays_off) {
    simulated::SimulatedCoordinator coordinator(simulated::simulatedInventory(1, 1));
    coordinator.start();
    coordinator.world.fail("probe", Fault::Unreachable);
    coordinator.protectAll();
    BOOST_TEST(stateOf(coordinator.last()) == "Failed");
    BOOST_TEST(!coordinator.row("server01")->standin_ready);
    BOOST_TEST(coordinator.world.stand_ins.empty());
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_does_not_fit_is_refused_before_anything_is_made) {
    simulated::SimulatedCoordinator coordinator(simulated::simulatedInventory(1, 1));
    coordinator.start();
    coordinator.world.capacity.memory_mib = 512;
    coordinator.protectAll();
    BOOST_TEST(stateOf(coordinator.last()) == "Failed");
    BOOST_TEST(coordinator.world.count("stand_in.make") == 0);
}

BOOST_AUTO_TEST_CASE(refresh_without_a_difference_leaves_everything_as_it_was) {
    Protected lab;
    const auto stand_in = lab.standIn();
    const auto id = *ask(lab, OperationKind::Refresh);
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded", lab.coordinator.operation(id).why);
    BOOST_TEST(lab.standIn() == stand_in);
    BOOST_TEST(lab.coordinator.row("server01")->standin_ready);
    BOOST_TEST(lab.world.images.size() == 1u);
    BOOST_TEST(lab.world.machines["server01"].on);
}

BOOST_AUTO_TEST_CASE(refresh_makes_the_new_stand_in_beside_the_old_one_which_stays_ready_meanwhile) {
    Protected lab;
    const auto old = lab.standIn();
    lab.world.images["server01-1"].checksum = "older";
    bool always_ready = true;
    bool beside = false;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        always_ready = always_ready && lab.coordinator.row("server01")->standin_ready;
        if (verb == "stand_in.make") beside = lab.world.stand_ins.count(old) == 1;
    };
    const auto id = *ask(lab, OperationKind::Refresh);
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded", lab.coordinator.operation(id).why);
    BOOST_TEST(beside);
    BOOST_TEST(always_ready);
    BOOST_TEST(lab.standIn() != old);
    BOOST_TEST(!lab.coordinator.row("server01")->stale);
    BOOST_TEST(lab.world.stand_ins.size() == 1u);
}

BOOST_AUTO_TEST_CASE(refresh_deletes_the_old_stand_in_first_only_where_memory_forbids_two_and_tells_it) {
    Protected lab;
    lab.world.images["server01-1"].checksum = "older";
    lab.world.capacity.memory_mib = 1500;
    bool said_ready_without_one = false;
    lab.world.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "stand_in.remove") said_ready_without_one = lab.coordinator.row("server01")->standin_ready;
    };
    const auto id = *ask(lab, OperationKind::Refresh);
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded", lab.coordinator.operation(id).why);
    BOOST_TEST(lab.told("no room for two"));
    BOOST_TEST(!said_ready_without_one);
    BOOST_TEST(lab.coordinator.row("server01")->standin_ready);
}

BOOST_AUTO_TEST_CASE(a_refresh_that_fails_keeps_the_old_stand_in_in_service_as_stale) {
    Protected lab;
    const auto old = lab.standIn();
    lab.world.images["server01-1"].checksum = "older";
    lab.world.fail("probe", Fault::Unreachable);
    const auto id = *ask(lab, OperationKind::Refresh);
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Failed");
    BOOST_TEST(lab.standIn() == old);
    BOOST_TEST(lab.coordinator.row("server01")->standin_ready);
    BOOST_TEST(lab.coordinator.row("server01")->stale);
    BOOST_TEST(lab.world.stand_ins.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_capture_that_fails_starts_the_server_again) {
    Protected lab;
    lab.world.fail("image.capture", Fault::Refuses);
    const auto id = *ask(lab, OperationKind::Backup);
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Failed");
    BOOST_TEST(lab.world.machines["server01"].on);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_confirmed_as_off_is_not_captured) {
    Protected lab;
    lab.world.machines["server01"].hangs = true;
    lab.world.fail("power.off server01", Fault::TimesOut);
    BOOST_REQUIRE(ask(lab, OperationKind::Backup).has_value());
    lab.coordinator.run();
    BOOST_TEST(lab.world.count("image.capture") == 0);
    BOOST_TEST(stateOf(lab.coordinator.last()) == "Failed");
}

BOOST_AUTO_TEST_CASE(a_failure_goes_before_a_refresh_and_what_it_had_half_made_is_deleted) {
    Protected lab;
    lab.world.images["server01-1"].checksum = "older";
    const auto refresh = *ask(lab, OperationKind::Refresh);
    while (stateOf(lab.coordinator.operation(refresh)) != "ProvingStandIn")
        lab.coordinator.runOne(base::WallTime::max());
    // Long after the restart: what comes sooner is taken for its doing.
    lab.coordinator.clock.pass(lab.coordinator.inventory.servers.at(server01).boot_within);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(lab.coordinator.operation(refresh)) == "Failed");
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(lab.world.stand_ins.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_power_trap_while_a_backup_switches_the_power_starts_nothing) {
    Protected lab;
    const auto backup = *ask(lab, OperationKind::Backup);
    const auto outcome = report(lab, "power");
    BOOST_TEST((outcome.kind == engine::Engine::ReportOutcome::Kind::Refused));
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(backup)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(maintenance_keeps_failures_from_starting_anything) {
    Protected lab;
    BOOST_TEST(
        lab.coordinator
            .ask([](engine::Conductor& c) { return c.maintenance().set(server01, true, "new fans", "operator ada"); })
            .has_value());
    const auto outcome = report(lab);
    BOOST_TEST((outcome.kind == engine::Engine::ReportOutcome::Kind::Refused));
    BOOST_TEST(outcome.reason.find("new fans") != std::string::npos);
    BOOST_TEST(lab.told("starts nothing"));
}

BOOST_AUTO_TEST_CASE(a_server_without_a_row_is_refused_with_the_cure) {
    simulated::SimulatedCoordinator coordinator(simulated::simulatedInventory(1, 1));
    coordinator.start();
    const auto outcome = coordinator.ask([&](engine::Conductor& c) {
        return c.reports().report({server01, "fan", "a fan", "trap 1", coordinator.clock.steady()});
    });
    BOOST_TEST((outcome.kind == engine::Engine::ReportOutcome::Kind::Refused));
    BOOST_TEST(outcome.reason.find("spare set") != std::string::npos);
    BOOST_TEST(coordinator.world.progress.empty());
}

BOOST_AUTO_TEST_CASE(one_server_has_one_operation_at_a_time) {
    Protected lab;
    BOOST_REQUIRE(ask(lab, OperationKind::Refresh).has_value());
    const auto second = ask(lab, OperationKind::Prepare);
    BOOST_REQUIRE(!second);
    BOOST_TEST((second.error().code == base::ErrorCode::Conflict));
}

BOOST_AUTO_TEST_CASE(a_spare_that_is_set_for_one_server_is_refused_to_another) {
    Protected lab(2, 2);
    const auto refused = lab.coordinator.ask([](engine::Conductor& c) {
        return c.table().setSpare(base::ServerName("server02"), base::SpareName("spare01"), base::ImageId("server02-1"),
                                  "operator ada");
    });
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("set as spare of server 'server01'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(unset_gives_the_spare_back_and_deletes_the_stand_in) {
    Protected lab;
    BOOST_TEST(lab.coordinator.ask([](engine::Conductor& c) { return c.table().unsetSpare(server01, "operator ada"); })
                   .has_value());
    lab.coordinator.run();
    BOOST_TEST(!lab.coordinator.row("server01").has_value());
    BOOST_TEST(lab.world.stand_ins.empty());
    BOOST_TEST(!lab.coordinator.board->lease(base::SpareName("spare01")).has_value());
}

BOOST_AUTO_TEST_CASE(unset_takes_spare_and_stand_in_out_of_the_segment) {
    Protected lab;
    // as an earlier failover, or an earlier release of this program, left it
    auto& order = lab.world.segments.at("job01").order;
    order.members.push_back({base::MemberName("spare"), base::PortName("p-spare01"), "52:54:00:77:09:01"});
    const auto id =
        lab.coordinator.ask([](engine::Conductor& c) { return c.table().unsetSpare(server01, "operator ada"); })
            .value();
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded");
    BOOST_TEST(lab.owner() == "server");
    BOOST_TEST((order.member(base::MemberName("spare")) == nullptr));
    BOOST_TEST((order.member(base::MemberName("stand-in")) == nullptr));
    BOOST_TEST(order.back_leg_to.empty());
    BOOST_TEST((order.member(base::MemberName("holder")) != nullptr));
}

BOOST_AUTO_TEST_CASE(unset_tells_that_the_segment_could_not_be_ordered) {
    Protected lab;
    lab.world.fail("segment.set job01", Fault::Unreachable);
    const auto id =
        lab.coordinator.ask([](engine::Conductor& c) { return c.table().unsetSpare(server01, "operator ada"); })
            .value();
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Failed");
    BOOST_TEST(lab.told("could not be taken out of segment 'job01'"));
}

BOOST_AUTO_TEST_CASE(a_request_that_is_refused_has_changed_nothing) {
    Protected lab(2, 2);
    const auto id = lab.failAndRun().id;
    BOOST_REQUIRE(lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().close(id, "ada"); }).has_value());
    lab.coordinator.run();
    BOOST_REQUIRE((lab.coordinator.board->lease(base::SpareName("spare01"))->failover == id));
    lab.world.progress.clear();
    const auto before = lab.coordinator.row("server01");
    // Its spare executes the job.
    const auto unset = lab.coordinator.ask([](engine::Conductor& c) { return c.table().unsetSpare(server01, "ada"); });
    const auto set = lab.coordinator.ask([](engine::Conductor& c) {
        return c.table().setSpareAndPrepare(server01, base::SpareName("spare01"), base::ImageId("server02-1"), "ada");
    });
    const auto retry = lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().retry(id, "ada"); });
    const auto confirm =
        lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().confirmFence(id, "ada"); });
    for (const bool accepted : {unset.has_value(), set.has_value(), retry.has_value(), confirm.has_value()})
        BOOST_TEST(!accepted);
    lab.coordinator.run();
    BOOST_TEST(lab.world.progress == std::vector<std::string>{}, boost::test_tools::per_element());
    BOOST_TEST(lab.coordinator.last().id == id);
    BOOST_TEST((lab.coordinator.row("server01") == before));
}

BOOST_AUTO_TEST_CASE(nothing_is_prepared_on_a_vm_host_whose_machine_a_failover_has_taken) {
    Protected lab(2, 2);
    lab.failAndRun();
    lab.coordinator.inventory.spares[base::SpareName("spare01")].vm_host = base::AgentName("vmhost1");
    const auto refused = ask(lab, OperationKind::Prepare, base::ServerName("server02"));
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("name another vm_host") != std::string::npos, refused.error().message);
}

BOOST_AUTO_TEST_CASE(a_spare_that_carries_a_stand_in_is_not_set) {
    Protected lab(2, 3);
    lab.coordinator.inventory.spares[base::SpareName("spare03")].vm_host = base::AgentName("vmhost1");
    const auto refused = lab.coordinator.ask([](engine::Conductor& c) {
        return c.table().setSpare(base::ServerName("server02"), base::SpareName("spare03"), base::ImageId("server02-1"),
                                  "ada");
    });
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("carries stand-in") != std::string::npos, refused.error().message);
}

BOOST_AUTO_TEST_CASE(a_closed_failover_deletes_its_stand_in_and_keeps_the_spare_that_executes_the_job) {
    Protected lab;
    const auto id = lab.failAndRun().id;
    BOOST_TEST(
        lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().close(id, "operator ada"); }).has_value());
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Closed");
    BOOST_TEST(lab.world.stand_ins.empty());
    BOOST_TEST(lab.coordinator.board->lease(base::SpareName("spare01"))->failover == id);
    BOOST_TEST(
        (report(lab).kind == engine::Engine::ReportOutcome::Kind::Refused));  // the server does not execute its job
    BOOST_TEST(lab.owner() == "spare");
}

BOOST_AUTO_TEST_CASE(a_failover_is_not_closed_while_the_stand_in_executes_the_job) {
    Protected lab;
    lab.world.fail("restore.begin", Fault::Refuses);
    const auto id = lab.failAndRun().id;
    const auto refused =
        lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().close(id, "operator ada"); });
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Conflict));
    BOOST_TEST(lab.world.stand_ins.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_server_that_fails_again_before_its_failover_was_closed_is_not_passed_over_in_silence) {
    Protected lab;
    lab.failAndRun();
    BOOST_TEST((report(lab).kind == engine::Engine::ReportOutcome::Kind::Merged));
    BOOST_REQUIRE(lab.bringBack());
    BOOST_TEST((report(lab).kind == engine::Engine::ReportOutcome::Kind::Refused));
    BOOST_TEST(lab.told("is not closed although server 'server01' has its job again"));
}

// Found by the random sweep: its fences were confirmed of a server that was repaired since.
BOOST_AUTO_TEST_CASE(a_failover_is_not_retried_when_its_server_has_its_job_again) {
    Protected lab;
    lab.world.fail("restore.begin", Fault::Refuses);
    const auto id = lab.failAndRun().id;
    BOOST_REQUIRE(stateOf(lab.coordinator.operation(id)) == "Failed");
    BOOST_REQUIRE(lab.bringBack());
    const auto retried =
        lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().retry(id, "operator ada"); });
    BOOST_REQUIRE(!retried);
    BOOST_TEST(retried.error().message.find("operation close") != std::string::npos, retried.error().message);
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Failed");
}

// Found by the random sweep: the holder's retiring gave the segment to the spare after the server had got it.
BOOST_AUTO_TEST_CASE(a_job_is_not_returned_while_a_failover_still_orders_its_segment) {
    Protected lab;
    lab.world.holds["job01"].proxied = 1;
    const auto id = lab.coordinator.fail("server01");
    lab.coordinator.run(std::chrono::minutes(2));
    BOOST_REQUIRE(stateOf(lab.coordinator.operation(id)) == "Succeeded");
    const auto mayReturn = [&] {
        return lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().mayReturn(server01); });
    };
    const auto refused = mayReturn();
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("operation close") != std::string::npos, refused.error().message);
    lab.world.holds["job01"].proxied = 0;
    lab.coordinator.run();
    BOOST_TEST(mayReturn().has_value());
}

BOOST_AUTO_TEST_CASE(an_operation_that_has_ended_is_not_forgotten_before_its_operator_was_told) {
    Protected lab;
    lab.coordinator.kill();
    lab.coordinator.settings.keep_operations = 0;
    lab.coordinator.start();
    const auto told = lab.world.told.size();
    lab.world.fail("image.capture", Fault::Refuses);
    BOOST_REQUIRE(ask(lab, OperationKind::Backup).has_value());
    lab.coordinator.run();
    BOOST_TEST(lab.world.told.size() > told);
}

BOOST_AUTO_TEST_CASE(the_oldest_operations_that_have_ended_are_forgotten_and_those_that_are_open_never) {
    Protected lab(2, 2);
    lab.coordinator.kill();
    lab.coordinator.settings.keep_operations = 3;
    lab.coordinator.start();
    const auto failover = lab.failAndRun("server01").id;
    const auto backup = [&] {
        const auto id = lab.coordinator.ask([](engine::Conductor& c) {
            return *c.requests().request({OperationKind::Backup, base::ServerName("server02"), {}, "operator ada", {}});
        });
        lab.coordinator.run();
        return id;
    };
    const auto shown = [&] {
        std::vector<domain::OperationId> ids;
        for (const auto& operation : lab.coordinator.board->operations(100)) ids.push_back(operation.id);
        return ids;
    };
    backup();
    auto before = backup();
    auto last = backup();
    BOOST_TEST(shown() == (std::vector{last, before, failover}), boost::test_tools::per_element());
    lab.coordinator.kill();
    lab.coordinator.start();
    lab.coordinator.run();
    before = std::exchange(last, backup());
    BOOST_TEST(shown() == (std::vector{last, before, failover}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_returned_job_can_be_protected_and_failed_over_again) {
    Protected lab;
    const auto id = lab.failAndRun().id;
    BOOST_TEST(
        lab.coordinator.ask([&](engine::Conductor& c) { return c.requests().close(id, "operator ada"); }).has_value());
    lab.coordinator.run();
    BOOST_REQUIRE(lab.bringBack());
    BOOST_REQUIRE(ask(lab, OperationKind::Prepare).has_value());
    lab.coordinator.run();
    BOOST_TEST(lab.coordinator.row("server01")->standin_ready);
    BOOST_TEST(stateOf(lab.failAndRun()) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(nothing_is_begun_while_the_journal_cannot_be_written) {
    Protected lab;
    lab.coordinator.journal.problem = "disk full";
    lab.world.progress.clear();
    const auto id = lab.coordinator.fail("server01");
    lab.coordinator.run(std::chrono::seconds(30));
    BOOST_TEST(lab.world.progress.empty());
    BOOST_TEST(lab.coordinator.board->problem() == "disk full");
    lab.coordinator.journal.problem.clear();
    lab.coordinator.run();
    BOOST_TEST(stateOf(lab.coordinator.operation(id)) == "Succeeded");
    BOOST_TEST(lab.coordinator.board->problem() == "");
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_is_gone_is_not_said_to_be_ready) {
    Protected lab;
    lab.coordinator.ask([&](engine::Conductor& c) {
        c.spares().standInLost(server01, lab.coordinator.row("server01")->stand_in, "it does not exist any more");
        return 0;
    });
    BOOST_TEST(!lab.coordinator.row("server01")->standin_ready);
    BOOST_TEST(lab.told("not ready any more"));
}

BOOST_AUTO_TEST_CASE(the_audit_tells_who_asked_for_what) {
    Protected lab;
    BOOST_REQUIRE(ask(lab, OperationKind::Backup).has_value());
    lab.coordinator.run();
    const auto entries = lab.coordinator.journal.audit(1);
    BOOST_REQUIRE(entries->size() == 1u);
    BOOST_TEST(entries->front().who == "operator ada");
    BOOST_TEST(entries->front().what == "backup of server 'server01'");
}

BOOST_AUTO_TEST_SUITE_END()
