#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "coordinator/cli/command_context.hpp"
#include "tests/unit/cli/scripted_coordinator.hpp"

namespace standin::cli {

namespace {

const char* two_servers = R"({"servers":[
  {"name":"server01","runs_on":{"on":"server","stand_in":null,"spare":null},"maintenance":false,"operation":null,"image_age_s":176400,
   "spare_table":{"server":"server01","spare":"spare01","image":"image-1","standin_ready":true,"stale":false,"note":null}},
  {"name":"server02","runs_on":{"on":"stand_in","stand_in":"server02-3","spare":null},"maintenance":false,"operation":7,
   "spare_table":null}]})";

const char* one_open_operation =
    R"({"operations":[{"id":7,"kind":"failover","server":"server02","state":"NeedsOperator",
  "open":true,"why":"no spare left","cure":"standinctl operation retry 7","start":"2026-11-23T05:00:00.000000Z"}]})";

std::string operationIn(const std::string& state, const std::string& outcome, const std::string& steps) {
    return R"({"id":7,"kind":"failover","server":"server01","state":")" + state + R"(","outcome":)" + outcome +
           R"(,"why":"fenced","asked_by":"trap 127.0.0.1","steps":[)" + steps +
           R"(],"notes":[],"phases_ms":{"resume":2.5}})";
}

const std::string running_step =
    R"({"name":"FencePort","subject":"server01","outcome":"running","since_failure_ms":1.5,"percent":0,"attempts":1})";
const std::string done_step =
    R"({"name":"FencePort","subject":"server01","outcome":"done","since_failure_ms":1.5,"duration_ms":3.25,"attempts":1})";

StreamedEvent eventOf(const std::string& id, int operation) {
    return {id, "step", R"({"operation":)" + std::to_string(operation) + "}"};
}
const StreamedEvent heartbeat{"", "heartbeat", "{}"};

}  // namespace

BOOST_AUTO_TEST_CASE(status_is_a_table_with_the_place_of_every_job) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/servers", 200, two_servers).answers("GET /v1/operations", 200, one_open_operation);
    auto done = run(coordinator, {"status"});
    BOOST_TEST(done.exit_code == ExitCode::Done);
    BOOST_TEST(done.out ==
               "SERVER    RUNS ON              READY  SPARE    IMAGE    AGE     OPERATION  REMARK\n"
               "server01  server               yes    spare01  image-1  2 days  -\n"
               "server02  stand-in server02-3  no     -        -        -       7          no spare set: a failure has "
               "no remedy\n"
               "\n"
               "OPERATION  KIND      SERVER    STATE          SINCE                WHY\n"
               "7          failover  server02  NeedsOperator  2026-11-23 05:00:00  no spare left\n"
               "operation 7: standinctl operation retry 7\n");
    BOOST_TEST(done.err.empty());
}

BOOST_AUTO_TEST_CASE(json_stands_before_or_after_the_verb) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/images", 200, R"({"images":[]})");
    auto before = run(coordinator, {"--json", "image", "list"});
    auto after = run(coordinator, {"image", "list", "--json"});
    BOOST_TEST(before.out == after.out);
    BOOST_CHECK(Json::parse(after.out) == Json::parse(R"({"images":[]})"));
}

BOOST_AUTO_TEST_CASE(the_pool_shows_what_power_devices_report_about_spares) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/spares", 200,
                        R"({"spares":[{"name":"spare01","lease":null,"identity":{"verdict":"different"}},
                            {"name":"spare02","lease":null,"identity":{"verdict":"unknown"}},
                            {"name":"spare03","lease":null,"identity":null}]})");
    coordinator.answers("GET /v1/spare-table", 200, R"({"spare_table":[]})");
    const auto list = run(coordinator, {"spare", "list"});
    const auto line = [&](const std::string& name) {
        const auto at = list.out.find(name);
        return list.out.substr(at, list.out.find('\n', at) - at);
    };
    BOOST_TEST(line("spare01").find("another one") != std::string::npos, list.out);
    BOOST_TEST(line("spare02").find("not confirmed") != std::string::npos, list.out);
    BOOST_TEST(line("spare03").find(" - ") != std::string::npos, list.out);
}

BOOST_AUTO_TEST_CASE(a_refusal_ends_with_1_and_says_why) {
    ScriptedCoordinator coordinator;
    coordinator.answers("POST /v1/operations", 409,
                        R"({"code":"conflict","message":"operation 7 holds server 'server01'"})");
    auto done = run(coordinator, {"failover", "server01"});
    BOOST_TEST(done.exit_code == ExitCode::Failed);
    BOOST_TEST(done.err == "standinctl: operation 7 holds server 'server01'\n");
    BOOST_TEST(done.out.empty());
}

BOOST_AUTO_TEST_CASE(a_coordinator_that_reports_an_unreachable_agent_was_itself_reached) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/images", 502, R"({"code":"unreachable","message":"could not reach agent 'store1'"})");
    BOOST_TEST(run(coordinator, {"image", "list"}).exit_code == ExitCode::Failed);
}

BOOST_AUTO_TEST_CASE(a_coordinator_that_is_down_ends_with_3) {
    ScriptedCoordinator coordinator;
    coordinator.isDown(base::ErrorCode::Unreachable);
    for (const auto& verb :
         std::vector<std::vector<std::string>>{{"status"}, {"health"}, {"events"}, {"trap", "explain", "3"}}) {
        BOOST_TEST(run(coordinator, verb).exit_code == ExitCode::NotReachable);
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_ends_with_2_and_asks_nobody) {
    ScriptedCoordinator coordinator;
    for (const auto& wrong : std::vector<std::vector<std::string>>{{},
                                                                   {"frobnicate"},
                                                                   {"spare"},
                                                                   {"spare", "set", "server01"},
                                                                   {"failover", "../agents"},
                                                                   {"operation", "show", "seven"},
                                                                   {"trap", "list", "--limit", "0"}}) {
        auto done = run(coordinator, wrong);
        BOOST_TEST(done.exit_code == ExitCode::WrongUsage);
        BOOST_TEST(!done.err.empty());
    }
    BOOST_TEST(coordinator.asked.empty());
}

BOOST_AUTO_TEST_CASE(a_verb_that_does_not_exist_is_named) {
    ScriptedCoordinator coordinator;
    for (const auto& wrong : std::vector<std::vector<std::string>>{{"stauts"}, {"image", "stauts"}}) {
        auto done = run(coordinator, wrong);
        BOOST_TEST(done.exit_code == ExitCode::WrongUsage);
        BOOST_TEST(done.err == "standinctl: there is no verb 'stauts'; see standinctl --help\n");
    }
    BOOST_TEST(run(coordinator, {"image"}).exit_code == ExitCode::WrongUsage);
    BOOST_TEST(run(coordinator, {"image", "verify"}).err.find("IMAGE") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_asks_has_to_be_known) {
    ScriptedCoordinator coordinator;
    std::ostringstream out;
    std::ostringstream err;
    char empty_settings[] = "/tmp/standinctl-test-XXXXXX";
    ::close(::mkstemp(empty_settings));
    std::ofstream(empty_settings) << "url: https://127.0.0.1:1\n";
    auto exit_code = runCommandLine({"--config", empty_settings, "status"},
                                    {out, err, [](const char*) -> const char* { return nullptr; }, {}});
    ::unlink(empty_settings);
    BOOST_TEST(exit_code == ExitCode::WrongUsage);
    BOOST_TEST(err.str().find("--certificate") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(verbs_of_later_releases_say_so_and_ask_nobody) {
    ScriptedCoordinator coordinator;
    for (const auto& later : std::vector<std::vector<std::string>>{
             {"drill", "server01"}, {"switchover", "server01"}, {"failback", "server01"}}) {
        auto done = run(coordinator, later);
        BOOST_TEST(done.exit_code == ExitCode::Failed);
        BOOST_TEST(done.err.find("is not there yet") != std::string::npos);
    }
    BOOST_TEST(coordinator.asked.empty());
}

BOOST_AUTO_TEST_CASE(a_spare_is_set_and_the_operation_named) {
    ScriptedCoordinator coordinator;
    coordinator.answers("PUT /v1/spare-table/server01", 202, R"({"operation":7})", "/v1/operations/7");
    auto done = run(coordinator, {"spare", "set", "server01", "spare01"});
    BOOST_TEST(done.exit_code == ExitCode::Done);
    BOOST_TEST(done.out == "server server01 has spare spare01: operation 7 (standinctl operation watch 7)\n");
    BOOST_TEST(coordinator.asked.front() == R"(PUT /v1/spare-table/server01 {"spare":"spare01"})");
}

BOOST_AUTO_TEST_CASE(the_image_of_a_server_without_a_spare_is_only_captured) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/servers/server01", 200, R"({"name":"server01","spare_table":null})");
    coordinator.answers("POST /v1/operations", 202, "{}", "/v1/operations/3");
    BOOST_TEST(run(coordinator, {"image", "backup", "server01"}).exit_code == ExitCode::Done);
    BOOST_TEST(coordinator.asked.back() == R"(POST /v1/operations {"kind":"backup","server":"server01"})");
}

BOOST_AUTO_TEST_CASE(an_operation_is_watched_step_by_step_to_its_end) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/operations/7", 200, operationIn("TakingOver", "null", running_step))
        .answers("GET /v1/operations/7", 200, operationIn("TakingOver", "null", done_step))
        .answers("GET /v1/operations/7", 200, operationIn("Succeeded", "\"succeeded\"", done_step))
        .streams({heartbeat, eventOf("1-1", 6), eventOf("1-2", 7), eventOf("1-3", 7), eventOf("1-4", 7)});
    auto done = run(coordinator, {"operation", "watch", "7"});
    BOOST_TEST(done.exit_code == ExitCode::Done);
    BOOST_TEST(done.out ==
               "failover 7 of server server01, asked by trap 127.0.0.1\n"
               "    +0.002 s  FencePort server01           running\n"
               "  -> TakingOver (fenced)\n"
               "    +0.002 s  FencePort server01           done in 3.2 ms\n"
               "operation 7 succeeded: fenced\n"
               "phases:  resume 2.5 ms\n");
    BOOST_TEST(coordinator.asked.size() == 3U);  // another operation's event asks nothing
}

BOOST_AUTO_TEST_CASE(phases_are_shown_for_each_attempt_of_a_failover_that_was_retried) {
    ScriptedCoordinator coordinator;
    coordinator.answers(
        "GET /v1/operations/7", 200,
        R"({"id":7,"kind":"failover","server":"server01","state":"Succeeded","outcome":"succeeded","why":"handed over",
            "asked_by":"trap 1","steps":[],"notes":[],"takeover_ms":54,"phases_ms":{"spare_boot":27000},
            "past_attempts":[{"start":null,"end":"2026-11-23T05:00:00.000000Z","phases_ms":{"resume":2.5}}]})");
    const auto shown = run(coordinator, {"operation", "show", "7"});
    BOOST_TEST(
        shown.out.find("phases of attempt 1, until 2026-11-23 05:00:00:  resume 2.5 ms\n"
                       "phases of attempt 2:  spare_boot 27.00 s\n"
                       "the segment had its new owner 54.0 ms after the failure was reported\n") != std::string::npos,
        shown.out);
}

BOOST_AUTO_TEST_CASE(a_step_that_fails_the_same_way_again_and_again_is_told_once) {
    ScriptedCoordinator coordinator;
    std::vector<StreamedEvent> events{heartbeat};
    auto stopping = [&](const std::string& outcome, int attempts, const std::string& message) {
        coordinator.answers("GET /v1/operations/7", 200,
                            operationIn("TakingOver", "null",
                                        R"({"name":"StopStandIn","subject":"s1","outcome":")" + outcome +
                                            R"(","since_failure_ms":9,"attempts":)" + std::to_string(attempts) +
                                            R"(,"duration_ms":1,"message":")" + message + "\"}"));
        events.push_back(eventOf("1-1", 7));
    };
    stopping("running", 1, "");
    for (int attempt = 1; attempt < 9; ++attempt) {
        stopping("failed", attempt, "refused");
        stopping("running", attempt + 1, "refused");
    }
    stopping("failed", 9, "out of memory");
    stopping("running", 10, "out of memory");
    stopping("done", 10, "it is off");
    coordinator.answers("GET /v1/operations/7", 200, operationIn("Succeeded", "\"succeeded\"", "")).streams(events);
    const auto done = run(coordinator, {"operation", "watch", "7"});
    std::size_t lines = 0;
    for (auto at = done.out.find("StopStandIn"); at != std::string::npos; at = done.out.find("StopStandIn", at + 1))
        ++lines;
    BOOST_TEST(lines == 4U, done.out);  // running, refused, out of memory, done
    BOOST_TEST(done.out.find("done in 1.0 ms, 10 attempts: it is off") != std::string::npos, done.out);
}

BOOST_AUTO_TEST_CASE(a_long_step_is_told_every_tenth_of_its_way) {
    ScriptedCoordinator coordinator;
    auto restoring = [](const std::string& percent) {
        return operationIn(
            "PreparingSpare", "null",
            R"({"name":"RestoreSpare","subject":"spare01","outcome":"running","since_failure_ms":900,"attempts":1,"percent":)" +
                percent + "}");
    };
    std::vector<StreamedEvent> events{heartbeat};
    for (const auto* percent : {"1.5", "9.9", "10.1", "19", "31"}) {
        coordinator.answers("GET /v1/operations/7", 200, restoring(percent));
        events.push_back(eventOf("1-1", 7));
    }
    coordinator.answers("GET /v1/operations/7", 200, operationIn("Succeeded", "\"succeeded\"", "")).streams(events);
    auto done = run(coordinator, {"operation", "watch", "7"});
    BOOST_TEST(done.out.find("running, 10 %") != std::string::npos);
    BOOST_TEST(done.out.find("running, 30 %") != std::string::npos);
    BOOST_TEST(done.out.find("running, 19 %") == std::string::npos);
    BOOST_TEST(done.out.find("running, 10 %") == done.out.rfind("running, 10 %"));
}

BOOST_AUTO_TEST_CASE(a_watched_operation_that_fails_ends_with_1) {
    ScriptedCoordinator coordinator;
    coordinator.answers("POST /v1/operations", 202, "{}", "/v1/operations/7")
        .answers("GET /v1/operations/7", 200, operationIn("NeedsOperator", "\"needs_operator\"", done_step))
        .streams({heartbeat});
    auto done = run(coordinator, {"failover", "server01", "--wait"});
    BOOST_TEST(done.exit_code == ExitCode::Failed);
    BOOST_TEST(done.out.find("operation 7 needs the operator: fenced") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(watching_goes_on_after_the_coordinator_was_restarted) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/operations/7", 200, operationIn("TakingOver", "null", running_step))
        .answers("GET /v1/operations/7", 200, operationIn("Succeeded", "\"succeeded\"", done_step))
        .streams({heartbeat})
        .streams({heartbeat});
    BOOST_TEST(run(coordinator, {"operation", "watch", "7"}).exit_code == ExitCode::Done);
    BOOST_TEST(coordinator.followed_from.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_question_that_meets_the_restart_is_asked_again) {
    ScriptedCoordinator coordinator;
    coordinator.breaksOff("GET /v1/operations/7")
        .answers("GET /v1/operations/7", 200, operationIn("Succeeded", "\"succeeded\"", done_step))
        .streams({heartbeat})
        .streams({heartbeat});
    auto done = run(coordinator, {"operation", "watch", "7"});
    BOOST_TEST(done.exit_code == ExitCode::Done);
    BOOST_TEST(done.err.empty());
}

BOOST_AUTO_TEST_CASE(status_shows_what_is_degraded_below_the_servers) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/servers", 200,
                        R"({"servers":[{"name":"server01","degraded":[{"reason":"a fan has failed","trap":7,"count":2,
                            "since":"2026-11-23T05:00:00.000000Z"}]},{"name":"server02","degraded":[]}]})");
    coordinator.answers("GET /v1/operations", 200, R"({"operations":[]})");
    const auto shown = run(coordinator, {"status"}).out;
    BOOST_TEST(shown.find("DEGRADED  SINCE                COUNT  TRAP  WHAT\n"
                          "server01  2026-11-23 05:00:00  2      7     a fan has failed\n") != std::string::npos,
               shown);
    BOOST_TEST(run(coordinator, {"--json", "status"}).out.find("\"degraded\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_trap_is_explained_rule_by_rule) {
    ScriptedCoordinator coordinator;
    coordinator.answers(
        "GET /v1/traps/12/explanation", 200,
        R"({"outcome":"failure","grade":"failure","reason":"processor error","rule":"cpu","server":"server01",
                            "rules":[{"rule":"fan","matched":false,"why":"another OID"},{"rule":"cpu","matched":true,"why":"failure"}]})");
    auto done = run(coordinator, {"trap", "explain", "12"});
    BOOST_TEST(done.exit_code == ExitCode::Done);
    BOOST_TEST(done.out ==
               "RULE  MATCHES  WHY\n"
               "fan   no       another OID\n"
               "cpu   yes      failure\n"
               "verdict: failure (server server01, rule cpu): processor error\n"
               "grade: failure\n");
}

BOOST_AUTO_TEST_CASE(a_trap_test_waits_for_its_result_and_fails_where_a_server_is_deaf) {
    ScriptedCoordinator coordinator;
    coordinator.answers("POST /v1/trap-tests", 202, R"({"trap_tests":[{"server":"server01","state":"testing"},
        {"server":"server02","state":"deaf","problem":"of yesterday"}]})");
    coordinator.answers("GET /v1/trap-tests", 200, R"({"trap_tests":[
        {"server":"server01","state":"heard","trap":17,"took_ms":12.5,"problem":null,"cure":null},
        {"server":"server02","state":"deaf","trap":null,"took_ms":null,"problem":"no test trap","cure":"look at the BMC"}]})");
    const auto one = run(coordinator, {"trap", "test", "server01"});
    BOOST_TEST(one.exit_code == ExitCode::Done, one.err);
    BOOST_TEST(one.out ==
               "SERVER    TRAP PATH  TRAP  TOOK     PROBLEM\n"
               "server01  heard      17    12.5 ms  -\n");
    BOOST_TEST(coordinator.asked.front() == "POST /v1/trap-tests {\"server\":\"server01\"}");
    const auto all = run(coordinator, {"trap", "test", "--all"});
    BOOST_TEST(all.exit_code == ExitCode::Failed);
    BOOST_TEST(all.out.find("server02: what to do: look at the BMC") != std::string::npos, all.out);
    BOOST_TEST(run(coordinator, {"trap", "test"}).exit_code == ExitCode::WrongUsage);
    BOOST_TEST(run(coordinator, {"trap", "test", "server01", "--all"}).exit_code == ExitCode::WrongUsage);
}

BOOST_AUTO_TEST_CASE(what_comes_from_outside_cannot_command_the_terminal) {
    ScriptedCoordinator coordinator;
    coordinator.answers("GET /v1/traps?limit=50", 200, "{\"traps\":[{\"id\":1,\"reason\":\"\\u001b[2J\\u0007\"}]}");
    auto done = run(coordinator, {"trap", "list"});
    BOOST_TEST(done.out.find('\x1b') == std::string::npos);
    BOOST_TEST(done.out.find("?[2J?") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_unwell_coordinator_ends_health_with_1_and_the_cure) {
    ScriptedCoordinator coordinator;
    coordinator.answers(
        "GET /v1/health", 503,
        R"({"ok":false,"checks":[{"name":"agent store1","ok":false,"detail":"refused","cure":"start it"}],"warnings":[]})");
    auto done = run(coordinator, {"health"});
    BOOST_TEST(done.exit_code == ExitCode::Failed);
    BOOST_TEST(done.out.find("agent store1: what to do: start it") != std::string::npos);
}

}  // namespace standin::cli
