// A capture without pulling the plug: in order, in turns, and not while its rack has a failure.
#include <algorithm>

#include "tests/unit/coordinator_engine/lab.hpp"

using namespace standin;
using domain::OperationKind;
using Kind = engine::Engine::ReportOutcome::Kind;

namespace {

struct CaptureLab : Lab {
    explicit CaptureLab(int servers = 1) : Lab(servers, servers) {}

    base::Result<domain::OperationId> backUp(const std::string& server = "server01") {
        return request(OperationKind::Backup, server);
    }
    Kind reportOf(const std::string& kind, const std::string& by = "trap 1") {
        return report("server01", kind, by).kind;
    }
    void setRack(const std::string& rack) {
        for (auto& [name, server] : config.inventory.servers) server.rack = rack;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(capture)

BOOST_AUTO_TEST_CASE(a_server_is_asked_to_shut_down_and_its_power_is_not_cut) {
    CaptureLab lab;
    const auto id = *lab.backUp();
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
    BOOST_TEST(lab.count("power.soft/server01") == 1);
    BOOST_TEST(lab.count("power.off/server01") == 0);
    BOOST_TEST(!lab.told("power was cut"));
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_shut_down_has_its_time_before_its_power_is_cut) {
    CaptureLab lab;
    lab.machine("server01").hangs = true;
    const auto id = *lab.backUp();
    const auto within = lab.server().shutdown_within;
    lab.run(std::chrono::duration_cast<std::chrono::seconds>(within) - std::chrono::seconds(3));
    BOOST_TEST(lab.count("power.soft/server01") == 1);
    BOOST_TEST(lab.count("power.off/server01") == 0);
    BOOST_TEST(lab.machine("server01").on);
    lab.run();
    BOOST_TEST(lab.count("power.off/server01") == 1);
    BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
    BOOST_TEST(lab.told("server 'server01' did not shut down within 120 s, and its power was cut"));
}

BOOST_AUTO_TEST_CASE(the_time_of_a_server_counts_from_when_it_was_asked) {
    CaptureLab lab;
    lab.machine("server01").hangs = true;
    lab.disturb("power.soft/server01", Mishap::Unreachable, 10);
    BOOST_REQUIRE(lab.backUp().has_value());
    lab.run(std::chrono::seconds(122));
    BOOST_TEST(lab.count("power.off/server01") == 0);
    lab.run();
    BOOST_TEST(lab.count("power.off/server01") == 1);
}

BOOST_AUTO_TEST_CASE(a_server_that_nobody_can_ask_is_not_cut_off) {
    CaptureLab lab;
    lab.disturb("power.soft/server01", Mishap::Unreachable);
    const auto id = *lab.backUp();
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Failed");
    BOOST_TEST(lab.count("power.off/server01") == 0);
    BOOST_TEST(lab.machine("server01").on);
}

BOOST_AUTO_TEST_CASE(servers_of_one_image_store_are_off_one_after_the_other) {
    CaptureLab lab(3);
    std::vector<domain::OperationId> ids;
    for (const char* server : {"server01", "server02", "server03"}) ids.push_back(*lab.backUp(server));
    BOOST_TEST(lab.board().operation(ids[2])->find(domain::StepName::StopServer, "server03")->message ==
               "waits for its turn: 2 captures before it");
    int off_at_once = 0;
    lab.after_effect = [&](const std::string&, const std::string&) {
        int off = 0;
        for (const auto& [name, machine] : lab.world.machines) off += !machine.is_spare && !machine.on ? 1 : 0;
        off_at_once = std::max(off_at_once, off);
    };
    lab.run();
    BOOST_TEST(off_at_once == 1);
    for (const auto id : ids) BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(an_image_store_may_have_several_servers_off) {
    CaptureLab lab(3);
    lab.config.inventory.captures_at_once[base::AgentName("store1")] = 2;
    std::vector<domain::OperationId> ids;
    for (const char* server : {"server01", "server02", "server03"}) ids.push_back(*lab.backUp(server));
    lab.runUntil(ids[0], "StartingServer");
    BOOST_TEST(lab.count("power.soft/server02") == 1);
    BOOST_TEST(lab.count("power.soft/server03") == 0);
}

BOOST_AUTO_TEST_CASE(a_capture_is_refused_while_a_server_of_its_rack_is_in_a_failover) {
    CaptureLab lab(2);
    lab.setRack("7");
    lab.disturb("restore.begin", Mishap::Lost);
    lab.fail("server01");
    lab.run(std::chrono::seconds(5));
    const auto refused = lab.backUp("server02");
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("while its rack has a failure: failover") != std::string::npos,
               refused.error().message);
    BOOST_TEST(lab.count("power.soft/server02") == 0);
}

BOOST_AUTO_TEST_CASE(a_capture_that_waits_for_its_turn_ends_when_its_rack_has_a_failure) {
    CaptureLab lab(3);
    lab.setRack("7");
    lab.server("server03").rack = "8";
    const auto first = *lab.backUp("server03");
    const auto waits = *lab.backUp("server02");
    lab.runUntil(first, "CapturingImage");
    lab.fail("server01");
    lab.run();
    BOOST_TEST(stateOf(lab.operation(first)) == "Succeeded");
    BOOST_TEST(stateOf(lab.operation(waits)) == "Failed");
    BOOST_TEST(lab.count("power.soft/server02") == 0);
    BOOST_TEST(lab.count("power.on/server02") == 0);
    BOOST_TEST(lab.told("is not switched off while its rack has a failure"));
}

BOOST_AUTO_TEST_CASE(whatever_the_restart_of_a_server_causes_starts_nothing) {
    for (const char* state : {"StoppingServer", "CapturingImage", "StartingServer", "Succeeded"}) {
        CaptureLab lab;
        const auto id = *lab.backUp();
        lab.runUntil(id, state);
        for (const char* kind : {"power", "processor", "memory", "chassis", "temperature"})
            BOOST_TEST((lab.reportOf(kind) == Kind::Refused), state << " " << kind);
        BOOST_TEST(lab.told("restarts server 'server01' for a capture"));
        lab.run();
        BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
    }
}

BOOST_AUTO_TEST_CASE(a_failure_in_a_restart_begins_its_failover_when_the_job_does_not_answer_after_it) {
    CaptureLab lab;
    const auto id = *lab.backUp();
    lab.runUntil(id, "Succeeded");
    lab.machine("server01").boot = Boot::Never;
    const auto reported = lab.now();
    BOOST_TEST((lab.reportOf("memory") == Kind::Refused));
    lab.run();
    const auto failover = lab.last();
    BOOST_REQUIRE((failover.kind == OperationKind::Failover));
    BOOST_TEST(stateOf(failover) == "Succeeded");
    BOOST_TEST(failover.failure == "memory");
    BOOST_TEST((failover.failure_at >= reported && failover.failure_at < reported + std::chrono::milliseconds(10)));
    BOOST_TEST(lab.told("begins only now"));
    BOOST_TEST(!lab.operation(id).claim.has_value());
}

BOOST_AUTO_TEST_CASE(a_report_in_a_restart_is_dropped_when_the_job_answers_after_it) {
    CaptureLab lab;
    const auto id = *lab.backUp();
    lab.runUntil(id, "CapturingImage");
    BOOST_TEST((lab.reportOf("memory") == Kind::Refused));
    BOOST_TEST((lab.reportOf("power") == Kind::Refused));
    const auto before = lab.order();
    const auto probes = lab.count("probe/job01");
    lab.run();
    BOOST_TEST(lab.last().id == id);
    BOOST_TEST(lab.told("its job answers now, and nothing is started"));
    BOOST_TEST(lab.count("probe/job01") == probes + 1);
    BOOST_TEST((lab.order() == before));  // the back leg waits with the stand-in again
}

BOOST_AUTO_TEST_CASE(a_report_in_a_restart_starts_nothing_while_nobody_can_ask_the_job) {
    CaptureLab lab;
    const auto id = *lab.backUp();
    lab.runUntil(id, "Succeeded");
    lab.machine("server01").boot = Boot::Never;
    lab.disturb("probe", Mishap::Unreachable);
    BOOST_TEST((lab.reportOf("memory") == Kind::Refused));
    lab.run();
    BOOST_TEST(lab.last().id == id);
    BOOST_TEST(lab.told("whether its job answers is not known"));
    BOOST_TEST(lab.told("standinctl failover server01"));
}

BOOST_AUTO_TEST_CASE(a_report_in_a_restart_is_looked_into_by_the_next_coordinator) {
    CaptureLab lab;
    const auto id = *lab.backUp();
    lab.runUntil(id, "Succeeded");
    lab.machine("server01").boot = Boot::Never;
    BOOST_TEST((lab.reportOf("memory") == Kind::Refused));
    lab.kill();
    lab.start();
    lab.run();
    BOOST_TEST(stateOf(lab.last()) == "Succeeded");
    BOOST_TEST((lab.last().kind == OperationKind::Failover));
}

BOOST_AUTO_TEST_CASE(a_deposed_coordinator_has_nothing_to_wake_for_because_of_a_report_in_a_restart) {
    CaptureLab lab;
    const auto id = *lab.backUp();
    lab.runUntil(id, "CapturingImage");
    BOOST_TEST((lab.reportOf("memory") == Kind::Refused));
    lab.deposeOne("another coordinator leads");
    BOOST_TEST(lab.one.atRest());
}

BOOST_AUTO_TEST_CASE(a_report_in_a_restart_is_moot_once_an_operator_has_asked_for_the_failover) {
    CaptureLab lab;
    const auto id = *lab.backUp();
    lab.runUntil(id, "CapturingImage");
    BOOST_TEST((lab.reportOf("memory") == Kind::Refused));
    BOOST_TEST((lab.reportOf("operator", "operator ada") == Kind::Opened));
    lab.run();
    BOOST_TEST(stateOf(lab.last()) == "Succeeded");
    BOOST_TEST(lab.last().id == id + 1);
    BOOST_TEST(!lab.operation(id).claim.has_value());
}

// The same back leg proves the new stand-in: who answers is who is asked.
BOOST_AUTO_TEST_CASE(a_report_in_a_restart_waits_while_a_stand_in_is_proved) {
    CaptureLab lab;
    const auto id = *lab.request(OperationKind::Refresh);
    lab.runUntil(id, "StartingServer");
    BOOST_TEST((lab.reportOf("memory") == Kind::Refused));
    lab.after_effect = [&](const std::string&, const std::string&) {
        if (stateOf(lab.operation(id)) == "ProvingStandIn")
            BOOST_TEST((lab.order().back_leg_to != base::MemberName("server")));
    };
    lab.run();
    BOOST_TEST(lab.told("its job answers now, and nothing is started"));
}

BOOST_AUTO_TEST_CASE(a_server_that_has_booted_again_is_failed_over_as_ever) {
    CaptureLab lab;
    BOOST_REQUIRE(lab.backUp().has_value());
    lab.run();
    const auto& server = lab.server();
    lab.pass(server.boot_within + std::chrono::seconds(1));
    BOOST_TEST((lab.reportOf("processor") == Kind::Opened));
}

BOOST_AUTO_TEST_CASE(an_operator_may_ask_for_a_failover_of_a_server_that_is_restarted) {
    CaptureLab lab;
    const auto id = *lab.backUp();
    lab.runUntil(id, "CapturingImage");
    BOOST_TEST((lab.reportOf("operator", "operator ada") == Kind::Opened));
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Failed");
    BOOST_TEST(stateOf(lab.last()) == "Succeeded");
}

BOOST_AUTO_TEST_CASE(a_job_is_not_brought_back_to_a_server_that_a_capture_switches_off) {
    for (const char* state : {"StoppingServer", "CapturingImage", "StartingServer"}) {
        CaptureLab lab;
        const auto id = *lab.backUp();
        lab.runUntil(id, state);
        const auto refused = lab.beginReturn();
        BOOST_REQUIRE(!refused);
        BOOST_TEST(refused.error().message.find("switches it off for a capture") != std::string::npos,
                   refused.error().message);
        lab.run();
        BOOST_TEST(stateOf(lab.operation(id)) == "Succeeded");
        BOOST_TEST(lab.beginReturn().has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_server_is_not_captured_while_its_job_is_brought_back) {
    CaptureLab lab;
    BOOST_REQUIRE(lab.beginReturn().has_value());
    const auto refused = lab.backUp();
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message.find("is being brought back") != std::string::npos, refused.error().message);
}

BOOST_AUTO_TEST_CASE(a_capture_that_was_asked_for_in_the_moment_of_the_failure_does_not_begin) {
    CaptureLab lab;
    lab.world.invariants.failureReported("server01");
    const auto id = lab.ask([&](engine::Conductor& c) {
        auto backup =
            c.requests().request({OperationKind::Backup, base::ServerName("server01"), {}, "operator ada", {}});
        (void)c.reports().report(
            {base::ServerName("server01"), "processor", "a processor has failed", "trap 1", lab.world.clock.steady()});
        return *backup;
    });
    lab.run();
    BOOST_TEST(stateOf(lab.operation(id)) == "Failed");
    BOOST_TEST(lab.count("power.soft/server01") == 0);
    BOOST_TEST(lab.count("power.on/server01") == 0);
    BOOST_TEST(lab.owner() == "spare");
}

BOOST_AUTO_TEST_SUITE_END()
