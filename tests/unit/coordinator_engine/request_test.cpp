#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;
using domain::OperationKind;

namespace {

const base::ServerName server01("server01");

engine::Engine::ReportOutcome report(Lab& lab, const std::string& kind = "processor") {
    return lab.report("server01", kind);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(requests)

BOOST_AUTO_TEST_CASE(prepare_sets_standin_ready_after_the_job_answered_and_the_suspension_was_confirmed) {
    Lab lab;
    const auto row = lab.row("server01");
    BOOST_REQUIRE(row.has_value());
    BOOST_TEST(row->standin_ready);
    BOOST_TEST(!row->stale);
    BOOST_TEST((lab.guests().at(row->stand_in.text()).stand_in.state == protocol::StandInState::Suspended));
    BOOST_TEST(lab.owner() == "server");
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_does_not_answer_is_deleted_and_the_flag_stays_off) {
    Lab lab(labConfig({.is_protected = false}));
    lab.disturb("probe", Mishap::Unreachable);
    lab.protectAll();
    BOOST_TEST(stateOf(lab.last()) == "Failed");
    BOOST_TEST(!lab.row("server01")->standin_ready);
    BOOST_TEST(lab.guests().empty());
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_does_not_fit_is_refused_before_anything_is_made) {
    Lab lab(labConfig({.is_protected = false}));
    lab.config.timings.host_memory_mib = 512;
    lab.protectAll();
    BOOST_TEST(stateOf(lab.last()) == "Failed");
    BOOST_TEST(lab.count("stand_in.make") == 0);
}

BOOST_AUTO_TEST_CASE(refresh_without_a_difference_leaves_everything_as_it_was) {
    Lab lab;
    const auto stand_in = lab.standIn();
    const auto id = *lab.request(OperationKind::Refresh);
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded", lab.operation(id).why);
    BOOST_TEST(lab.standIn() == stand_in);
    BOOST_TEST(lab.row("server01")->standin_ready);
    BOOST_TEST(lab.store().images.size() == 1u);
    BOOST_TEST(lab.machine("server01").on);
}

BOOST_AUTO_TEST_CASE(refresh_makes_the_new_stand_in_beside_the_old_one_which_stays_ready_meanwhile) {
    Lab lab;
    const auto old = lab.standIn();
    lab.store().images["server01-1"].checksum = "older";
    bool always_ready = true;
    bool beside = false;
    lab.after_effect = [&](const std::string& verb, const std::string&) {
        always_ready = always_ready && lab.row("server01")->standin_ready;
        if (verb == "stand_in.make") beside = lab.guests().count(old) == 1;
    };
    const auto id = *lab.request(OperationKind::Refresh);
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded", lab.operation(id).why);
    BOOST_TEST(beside);
    BOOST_TEST(always_ready);
    BOOST_TEST(lab.standIn() != old);
    BOOST_TEST(!lab.row("server01")->stale);
    BOOST_TEST(lab.guests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(refresh_deletes_the_old_stand_in_first_only_where_memory_forbids_two_and_tells_it) {
    Lab lab;
    lab.store().images["server01-1"].checksum = "older";
    lab.config.timings.host_memory_mib = 1500;
    bool said_ready_without_one = false;
    lab.after_effect = [&](const std::string& verb, const std::string&) {
        if (verb == "stand_in.remove") said_ready_without_one = lab.row("server01")->standin_ready;
    };
    const auto id = *lab.request(OperationKind::Refresh);
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded", lab.operation(id).why);
    BOOST_TEST(lab.told("no room for two"));
    BOOST_TEST(!said_ready_without_one);
    BOOST_TEST(lab.row("server01")->standin_ready);
}

BOOST_AUTO_TEST_CASE(a_refresh_that_fails_keeps_the_old_stand_in_in_service_as_stale) {
    Lab lab;
    const auto old = lab.standIn();
    lab.store().images["server01-1"].checksum = "older";
    lab.disturb("probe", Mishap::Unreachable);
    const auto id = *lab.request(OperationKind::Refresh);
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Failed");
    BOOST_TEST(lab.standIn() == old);
    BOOST_TEST(lab.row("server01")->standin_ready);
    BOOST_TEST(lab.row("server01")->stale);
    BOOST_TEST(lab.guests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_capture_that_fails_starts_the_server_again) {
    Lab lab;
    lab.disturb("image.capture", Mishap::Refused);
    const auto id = *lab.request(OperationKind::Backup);
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Failed");
    BOOST_TEST(lab.machine("server01").on);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_confirmed_as_off_is_not_captured) {
    Lab lab;
    lab.machine("server01").hangs = true;
    lab.disturb("power.off/server01", Mishap::Lost);
    BOOST_REQUIRE(lab.request(OperationKind::Backup).has_value());
    lab.run();
    BOOST_TEST(lab.count("image.capture") == 0);
    BOOST_TEST(stateOf(lab.last()) == "Failed");
}

BOOST_AUTO_TEST_CASE(a_failure_goes_before_a_refresh_and_what_it_had_half_made_is_deleted) {
    Lab lab;
    lab.store().images["server01-1"].checksum = "older";
    const auto refresh = *lab.request(OperationKind::Refresh);
    lab.server().boot_within = std::chrono::seconds(1);
    lab.runUntil(refresh, "ProvingStandIn");
    // Long after the restart: what comes sooner is taken for its doing.
    lab.pass(lab.server().boot_within);
    const auto failover = lab.failAndRun();
    BOOST_TEST(stateOf(lab.operation(refresh)) == "Failed");
    BOOST_TEST(stateOf(failover) == "Succeeded", failover.why);
    BOOST_TEST(lab.guests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_power_trap_while_a_backup_switches_the_power_starts_nothing) {
    Lab lab;
    const auto backup = *lab.request(OperationKind::Backup);
    const auto outcome = report(lab, "power");
    BOOST_TEST((outcome.kind == engine::Engine::ReportOutcome::Kind::Refused));
    lab.run();
    BOOST_TEST(stateOf(lab.operation(backup)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(maintenance_keeps_failures_from_starting_anything) {
    Lab lab;
    BOOST_TEST(lab.setMaintenance(true).has_value());
    const auto outcome = report(lab);
    BOOST_TEST((outcome.kind == engine::Engine::ReportOutcome::Kind::Refused));
    BOOST_TEST(outcome.reason.find("new fans") != std::string::npos);
    BOOST_TEST(lab.told("starts nothing"));
}

BOOST_AUTO_TEST_CASE(a_server_without_a_row_is_refused_with_the_cure) {
    Lab lab(labConfig({.is_protected = false}));
    const auto outcome = report(lab, "fan");
    BOOST_TEST((outcome.kind == engine::Engine::ReportOutcome::Kind::Refused));
    BOOST_TEST(outcome.reason.find("spare set") != std::string::npos);
    BOOST_TEST(lab.progress.empty());
}

BOOST_AUTO_TEST_CASE(one_server_has_one_operation_at_a_time) {
    Lab lab;
    BOOST_REQUIRE(lab.request(OperationKind::Refresh).has_value());
    const auto second = lab.request(OperationKind::Prepare);
    BOOST_REQUIRE(!second);
    BOOST_TEST((second.error().code == base::ErrorCode::Conflict));
}

BOOST_AUTO_TEST_CASE(a_spare_that_is_set_for_one_server_is_refused_to_another) {
    Lab lab(2, 2);
    const auto refused = lab.setSpare("server02", "spare01");
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("set as spare of server 'server01'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(unset_gives_the_spare_back_and_deletes_the_stand_in) {
    Lab lab;
    BOOST_TEST(lab.unsetSpare().has_value());
    lab.run();
    BOOST_TEST(!lab.row("server01").has_value());
    BOOST_TEST(lab.guests().empty());
    BOOST_TEST(!lab.board().lease(base::SpareName("spare01")).has_value());
}

BOOST_AUTO_TEST_CASE(unset_takes_spare_and_stand_in_out_of_the_segment) {
    Lab lab;
    // as an earlier failover, or an earlier release of this program, left it
    auto order = lab.order();
    order.members.push_back({base::MemberName("spare"), base::PortName("p-spare01"), "52:54:00:77:09:01"});
    lab.setOrder(order);
    const auto id = lab.unsetSpare().value();
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
    BOOST_TEST(lab.owner() == "server");
    order = lab.order();
    BOOST_TEST((order.member(base::MemberName("spare")) == nullptr));
    BOOST_TEST((order.member(base::MemberName("stand-in")) == nullptr));
    BOOST_TEST(order.back_leg_to.empty());
    BOOST_TEST((order.member(base::MemberName("holder")) != nullptr));
}

BOOST_AUTO_TEST_CASE(unset_tells_that_the_segment_could_not_be_ordered) {
    Lab lab;
    lab.disturb("segment.set/job01", Mishap::Unreachable);
    const auto id = lab.unsetSpare().value();
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Failed");
    BOOST_TEST(lab.told("could not be taken out of segment 'job01'"));
}

BOOST_AUTO_TEST_CASE(a_request_that_is_refused_has_changed_nothing) {
    Lab lab(2, 2);
    const auto id = lab.failAndRun().id;
    BOOST_REQUIRE(lab.close(id).has_value());
    lab.run();
    BOOST_REQUIRE((lab.board().lease(base::SpareName("spare01"))->failover == id));
    lab.progress.clear();
    const auto before = lab.row("server01");
    // Its spare executes the job.
    const auto unset = lab.unsetSpare();
    const auto set = lab.setSpareAndPrepare("server01", "spare01", "server02-1");
    const auto retry = lab.retry(id);
    const auto confirm = lab.confirmFence(id);
    for (const bool accepted : {unset.has_value(), set.has_value(), retry.has_value(), confirm.has_value()})
        BOOST_TEST(!accepted);
    lab.run();
    BOOST_TEST(lab.progress == std::vector<std::string>{}, boost::test_tools::per_element());
    BOOST_TEST(lab.last().id == id);
    BOOST_TEST((lab.row("server01") == before));
}

BOOST_AUTO_TEST_CASE(nothing_is_prepared_on_a_vm_host_whose_machine_a_failover_has_taken) {
    Lab lab(2, 2);
    lab.failAndRun();
    lab.config.inventory.spares[base::SpareName("spare01")].vm_host = base::AgentName("vmhost1");
    const auto refused = lab.request(OperationKind::Prepare, "server02");
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("name another vm_host") != std::string::npos, refused.error().message);
}

BOOST_AUTO_TEST_CASE(a_spare_that_carries_a_stand_in_is_not_set) {
    Lab lab(2, 3);
    lab.config.inventory.spares[base::SpareName("spare03")].vm_host = base::AgentName("vmhost1");
    const auto refused = lab.setSpare("server02", "spare03");
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("carries stand-in") != std::string::npos, refused.error().message);
}

BOOST_AUTO_TEST_CASE(a_closed_failover_deletes_its_stand_in_and_keeps_the_spare_that_executes_the_job) {
    Lab lab;
    const auto id = lab.failAndRun().id;
    BOOST_TEST(lab.close(id).has_value());
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Closed");
    BOOST_TEST(lab.guests().empty());
    BOOST_TEST(lab.board().lease(base::SpareName("spare01"))->failover == id);
    BOOST_TEST(
        (report(lab).kind == engine::Engine::ReportOutcome::Kind::Refused));  // the server does not execute its job
    BOOST_TEST(lab.owner() == "spare");
}

BOOST_AUTO_TEST_CASE(a_failover_is_not_closed_while_the_stand_in_executes_the_job) {
    Lab lab;
    lab.disturb("restore.begin", Mishap::Refused);
    const auto id = lab.failAndRun().id;
    const auto refused = lab.close(id);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Conflict));
    BOOST_TEST(lab.guests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_server_that_fails_again_before_its_failover_was_closed_is_not_passed_over_in_silence) {
    Lab lab;
    lab.failAndRun();
    BOOST_TEST((report(lab).kind == engine::Engine::ReportOutcome::Kind::Merged));
    BOOST_REQUIRE(lab.bringBack());
    BOOST_TEST((report(lab).kind == engine::Engine::ReportOutcome::Kind::Refused));
    BOOST_TEST(lab.told("is not closed although server 'server01' has its job again"));
}

// Found by the random sweep: its fences were confirmed of a server that was repaired since.
BOOST_AUTO_TEST_CASE(a_failover_is_not_retried_when_its_server_has_its_job_again) {
    Lab lab;
    lab.disturb("restore.begin", Mishap::Refused);
    const auto id = lab.failAndRun().id;
    BOOST_REQUIRE(stateOf(lab.operation(id)) == "Failed");
    BOOST_REQUIRE(lab.bringBack());
    const auto retried = lab.retry(id);
    BOOST_REQUIRE(!retried);
    BOOST_TEST(retried.error().message.find("operation close") != std::string::npos, retried.error().message);
    BOOST_TEST(stateOf(lab.operation(id)) == "Failed");
}

// Found by the random sweep: the holder's retiring gave the segment to the spare after the server had got it.
BOOST_AUTO_TEST_CASE(a_job_is_not_returned_while_a_failover_still_orders_its_segment) {
    Lab lab;
    lab.holder().staged("job01").proxied = 1;
    const auto id = lab.fail("server01");
    lab.run(std::chrono::minutes(2));
    BOOST_REQUIRE(stateOf(lab.operation(id)) == "Succeeded");
    const auto refused = lab.mayReturn();
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("operation close") != std::string::npos, refused.error().message);
    lab.holder().staged("job01").proxied = 0;
    lab.run();
    BOOST_TEST(lab.mayReturn().has_value());
}

BOOST_AUTO_TEST_CASE(an_operation_that_has_ended_is_not_forgotten_before_its_operator_was_told) {
    Lab lab;
    lab.kill();
    lab.config.engine.keep_operations = 0;
    lab.start();
    const auto told = lab.world.told.size();
    lab.disturb("image.capture", Mishap::Refused);
    BOOST_REQUIRE(lab.request(OperationKind::Backup).has_value());
    lab.run();
    BOOST_TEST(lab.world.told.size() > told);
}

BOOST_AUTO_TEST_CASE(the_oldest_operations_that_have_ended_are_forgotten_and_those_that_are_open_never) {
    Lab lab(2, 2);
    lab.kill();
    lab.config.engine.keep_operations = 3;
    lab.start();
    const auto failover = lab.failAndRun("server01").id;
    const auto backup = [&] {
        const auto id = *lab.request(OperationKind::Backup, "server02");
        lab.run();
        return id;
    };
    const auto shown = [&] {
        std::vector<domain::OperationId> ids;
        for (const auto& operation : lab.board().operations(100)) ids.push_back(operation.id);
        return ids;
    };
    backup();
    auto before = backup();
    auto last = backup();
    BOOST_TEST(shown() == (std::vector{last, before, failover}), boost::test_tools::per_element());
    lab.kill();
    lab.start();
    lab.run();
    before = std::exchange(last, backup());
    BOOST_TEST(shown() == (std::vector{last, before, failover}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_returned_job_can_be_protected_and_failed_over_again) {
    Lab lab;
    const auto id = lab.failAndRun().id;
    BOOST_TEST(lab.close(id).has_value());
    lab.run();
    BOOST_REQUIRE(lab.bringBack());
    BOOST_REQUIRE(lab.request(OperationKind::Prepare).has_value());
    lab.run();
    BOOST_TEST(lab.row("server01")->standin_ready);
    BOOST_TEST(stateOf(lab.failAndRun()) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(nothing_is_begun_while_the_journal_cannot_be_written) {
    Lab lab;
    lab.world.disk.full = true;
    lab.progress.clear();
    const auto id = lab.fail("server01");
    lab.run(std::chrono::seconds(30));
    BOOST_TEST(lab.progress.empty());
    BOOST_TEST(lab.board().problem() == "the journal could not be written: the disk is full");
    lab.world.disk.full = false;
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
    BOOST_TEST(lab.board().problem() == "");
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_is_gone_is_not_said_to_be_ready) {
    Lab lab;
    lab.standInLost();
    BOOST_TEST(!lab.row("server01")->standin_ready);
    BOOST_TEST(lab.told("not ready any more"));
}

BOOST_AUTO_TEST_CASE(the_audit_tells_who_asked_for_what) {
    Lab lab;
    BOOST_REQUIRE(lab.request(OperationKind::Backup).has_value());
    lab.run();
    const auto& entries = lab.world.disk.audit;
    BOOST_REQUIRE(!entries.empty());
    BOOST_TEST(entries.back().who == "operator ada");
    BOOST_TEST(entries.back().what == "backup of server 'server01'");
}

BOOST_AUTO_TEST_SUITE_END()
