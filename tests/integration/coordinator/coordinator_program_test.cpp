#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/integration/coordinator/running_coordinator.hpp"

using nlohmann::json;
using standin::tests::RunningCoordinator;
using standin::tests::runProgram;

namespace {

json trapOf(const json& traps, const std::string& oid_end) {
    for (const auto& trap : traps["traps"]) {
        auto oid = trap["oid"].get<std::string>();
        if (oid.size() >= oid_end.size() && oid.compare(oid.size() - oid_end.size(), oid_end.size(), oid_end) == 0)
            return trap;
    }
    return json();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(coordinator_program)

BOOST_FIXTURE_TEST_CASE(a_good_configuration_checks_with_0, RunningCoordinator) {
    auto checked = runProgram("standin-coordinator", {"--check-config", configuration_file});
    BOOST_TEST(checked.exit_code == 0);
    BOOST_TEST(checked.errors.empty());
}

BOOST_FIXTURE_TEST_CASE(every_problem_of_a_bad_configuration_is_told_with_its_place, RunningCoordinator) {
    std::ofstream(configuration_file, std::ios::app) << "colour: red\nnotify: {command: relative/path}\n";
    std::ofstream(directory / "trap_rules.yml", std::ios::app) << "  - {name: odd, reason: x, verdict: perhaps}\n";
    auto checked = runProgram("standin-coordinator", {"--check-config", configuration_file});
    BOOST_TEST(checked.exit_code == 1);
    BOOST_TEST(checked.errors.find(configuration_file + ":43:1: colour: unknown key") != std::string::npos,
               checked.errors);
    BOOST_TEST(checked.errors.find("notify.command: 'relative/path' is not an absolute path") != std::string::npos,
               checked.errors);
    BOOST_TEST(checked.errors.find((directory / "trap_rules.yml") + ":11:37: rules[2].verdict: ") != std::string::npos,
               checked.errors);
}

BOOST_FIXTURE_TEST_CASE(a_program_without_its_certificate_ends_with_1_and_says_which, RunningCoordinator) {
    std::ifstream in(configuration_file);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    auto key = text.find("certificate_file: ");
    text.replace(key, text.find(',', key) - key, "certificate_file: /nonexistent/tls.crt");
    std::ofstream(configuration_file) << text;
    auto ended = runProgram("standin-coordinator", {"--config", configuration_file});
    BOOST_TEST(ended.exit_code == 1);
    BOOST_TEST(ended.errors.find("/nonexistent/tls.crt") != std::string::npos, ended.errors);
}

BOOST_FIXTURE_TEST_CASE(an_operator_sees_servers_agents_and_what_is_wrong, RunningCoordinator) {
    start();
    auto status = ctl({"status"});
    BOOST_TEST(status.exit_code == 0);
    BOOST_TEST(status.output.find("server01  server") != std::string::npos, status.output);
    askedUntil({"agent", "list"}, [](const json& body) { return !body["agents"][0]["problem"].is_null(); });
    auto health = ctl({"health"});
    BOOST_TEST(health.exit_code == 1);
    BOOST_TEST(health.output.find("agent switch1: what to do: ") != std::string::npos, health.output);
    BOOST_TEST(end(SIGTERM) == 0);
    BOOST_TEST(ctl({"status"}).exit_code == 3);
}

BOOST_FIXTURE_TEST_CASE(every_trap_gets_a_verdict_and_its_reason_is_shown, RunningCoordinator) {
    start();
    sendTrap("hush", "1.3.6.1.4.1.99999.0.2");
    sendTrap("hush", "1.3.6.1.4.1.99999.0.1");
    sendTrap("public", "1.3.6.1.4.1.99999.0.1");
    auto traps = askedUntil({"trap", "list"}, [](const json& body) { return body["traps"].size() == 3; });
    auto fan = trapOf(traps, "99999.0.2");
    BOOST_TEST(fan["outcome"] == "not_a_failure");
    BOOST_TEST(fan["server"] == "server01");
    int refused = 0;
    for (const auto& trap : traps["traps"]) refused += trap["outcome"] == "refused" ? 1 : 0;
    BOOST_TEST(refused == 1);
    auto explained = ctl({"trap", "explain", fan["id"].dump()});
    BOOST_TEST(explained.output.find("its twin goes on") != std::string::npos, explained.output);
    // A failure of a server that has no spare starts nothing, and the audit says so.
    auto audit = askedUntil({"audit"}, [](const json& body) { return !body["entries"].empty(); });
    BOOST_TEST(audit["entries"][0]["outcome"].get<std::string>().rfind("refused: ", 0) == 0U);
    BOOST_TEST(asked({"operation", "list"})["operations"].empty());
}

BOOST_FIXTURE_TEST_CASE(what_is_degraded_is_told_and_outlives_a_restart_until_an_operator_knows, RunningCoordinator) {
    const auto degraded = [](const json& status) { return status["servers"][0]["degraded"]; };
    start();
    sendTrap("hush", "1.3.6.1.4.1.99999.0.2");
    askedUntil({"status"}, [&](const json& status) { return degraded(status).size() == 1; });
    BOOST_TEST(end(SIGTERM) == 0);
    BOOST_TEST(lastLog().find("is degraded, and continues: a fan has failed") != std::string::npos);
    start();
    BOOST_REQUIRE_EQUAL(degraded(asked({"status"})).size(), 1U);
    BOOST_TEST(degraded(asked({"status"}))[0]["reason"] == "a fan has failed, its twin goes on");
    BOOST_TEST(ctl({"maintenance", "on", "server01"}).exit_code == 0);
    BOOST_TEST(degraded(asked({"status"})).empty());
}

BOOST_FIXTURE_TEST_CASE(what_was_begun_outlives_a_killed_coordinator, RunningCoordinator) {
    start();
    BOOST_TEST(ctl({"maintenance", "on", "server01", "--reason", "new fan"}).exit_code == 0);
    auto begun = ctl({"image", "backup", "server01"});
    BOOST_TEST(begun.exit_code == 0, begun.errors);
    BOOST_TEST(end(SIGKILL) == 128 + SIGKILL);
    start();
    auto status = asked({"status"});
    BOOST_TEST(status["servers"][0]["maintenance_why"] == "new fan");
    auto operations = asked({"operation", "list"});
    BOOST_REQUIRE_EQUAL(operations["operations"].size(), 1U);
    BOOST_TEST(operations["operations"][0]["asked_by"] == "operator ada (127.0.0.1)");
    // What was decided before and after the restart is decided again to the same result.
    auto replayed = askedUntil({"replay", operations["operations"][0]["id"].dump()}, [](const json& body) {
        return body.dump().find("the coordinator was started again") != std::string::npos;
    });
    BOOST_TEST(replayed["same"] == true, replayed.dump(1));
    BOOST_TEST(end(SIGTERM) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_trap_in_hand_is_explained_with_and_without_a_coordinator, RunningCoordinator) {
    const auto file = directory / "trap.txt";
    std::ofstream(file) << "2026-11-23 09:04:47 bmc1 [UDP: [127.0.0.1]:51559->[127.0.0.1]:162]:\n"
                           ".1.3.6.1.6.3.1.1.4.1.0 = OID: .1.3.6.1.4.1.99999.0.1\n";
    const std::string verdict = "verdict: failure (server server01, rule cpu): a processor has failed";
    auto offline = ctl({"trap", "explain", file, "--config", configuration_file});
    BOOST_TEST(offline.exit_code == 0, offline.errors);
    BOOST_TEST(offline.output.find(verdict) != std::string::npos, offline.output);
    start();
    auto online = ctl({"trap", "explain", file});
    BOOST_TEST(online.output.find(verdict) != std::string::npos, online.output);
    BOOST_TEST(online.output.find("has no row in the spare table") != std::string::npos, online.output);
    BOOST_TEST(asked({"trap", "list"})["traps"].empty());
}

BOOST_FIXTURE_TEST_CASE(a_plan_is_made_from_what_is_known_also_when_no_agent_answers, RunningCoordinator) {
    start();
    auto plan = asked({"plan", "server01", "--fail", "vm-host=vmhost1"});
    BOOST_TEST(plan["failovers"][0]["begins"] == false);
    BOOST_TEST(plan["without"] == json({"server01"}));
    BOOST_TEST(plan["vm_hosts"][0]["memory_mib"].is_null());
    BOOST_TEST(ctl({"plan", "server99"}).exit_code == 1);
    BOOST_TEST(asked({"operation", "list"})["operations"].empty());
}

BOOST_FIXTURE_TEST_CASE(a_second_coordinator_on_the_same_state_is_refused, RunningCoordinator) {
    start();
    auto second = runProgram("standin-coordinator", {"--config", configuration_file});
    BOOST_TEST(second.exit_code == 1);
    BOOST_TEST(!second.errors.empty());
}

BOOST_AUTO_TEST_SUITE_END()
