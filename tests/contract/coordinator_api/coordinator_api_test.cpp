#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "agent/base/process.hpp"
#include "coordinator/traps/trap_json.hpp"
#include "tests/contract/coordinator_api/api_under_test.hpp"

using namespace standin;
using base::ErrorCode;
using protocol::Json;
using tests::ApiUnderTest;

BOOST_AUTO_TEST_SUITE(coordinator_api)

BOOST_FIXTURE_TEST_CASE(nobody_without_a_certificate_gets_an_answer, ApiUnderTest) {
    for (const auto* path : {"/v1/health", "/metrics", "/v1/servers", "/"}) {
        auto outcome = base::runProcess(
            {{"curl", "--silent", "--insecure", "--max-time", "10", url + path}, "", std::chrono::seconds(20)});
        BOOST_REQUIRE(outcome);
        BOOST_TEST(outcome->exit_code != 0);
        BOOST_TEST(outcome->output.empty());
    }
}

BOOST_FIXTURE_TEST_CASE(a_certificate_of_another_ca_gets_no_answer, ApiUnderTest) {
    tests::CertificateAuthority foreign;
    auto identity = foreign.issue("ada");
    identity.ca = authority.issue("x").ca;
    auto stranger = protocol::AgentClient::open("coordinator", url, *http::clientContext(identity));
    BOOST_REQUIRE(stranger);
    BOOST_TEST(!(*stranger)->get("/v1/health", std::chrono::seconds(10)).has_value());
}

BOOST_FIXTURE_TEST_CASE(servers_say_who_executes_their_job, ApiUnderTest) {
    auto servers = get("/v1/servers").body["servers"];
    BOOST_REQUIRE_EQUAL(servers.size(), 2U);
    BOOST_TEST(servers[0]["name"] == "server01");
    BOOST_TEST(servers[0]["runs_on"]["on"] == "server");
    BOOST_TEST(servers[0]["spare_table"].is_null());
    BOOST_TEST(servers[0]["job"]["answer_within_ms"] == 5000);
    BOOST_TEST(get("/v1/servers/server02").body["segment"] == "segment-server02");
    BOOST_TEST(get("/v1/servers/server99").status == 404);
}

BOOST_FIXTURE_TEST_CASE(errors_have_a_code_and_a_sentence, ApiUnderTest) {
    auto answer = get("/v1/nothing");
    BOOST_TEST(answer.status == 404);
    BOOST_TEST(answer.body["code"] == "not_found");
    BOOST_TEST(!answer.body["message"].get<std::string>().empty());
}

BOOST_FIXTURE_TEST_CASE(a_spare_is_set_with_the_newest_image_and_its_stand_in_prepared, ApiUnderTest) {
    auto answer = put("/v1/spare-table/server01", {{"spare", "spare01"}});
    BOOST_TEST(answer.status == 202);
    auto id = answer.body["operation"].get<std::uint64_t>();
    BOOST_TEST(answer.location == fmt::format("/v1/operations/{}", id));
    auto operation = get(answer.location).body;
    BOOST_TEST(operation["kind"] == "prepare");
    BOOST_TEST(operation["asked_by"] == "operator ada (127.0.0.1)");
    auto rows = get("/v1/spare-table").body["spare_table"];
    BOOST_REQUIRE_EQUAL(rows.size(), 1U);
    BOOST_TEST(rows[0]["server"] == "server01");
    BOOST_TEST(rows[0]["spare"] == "spare01");
    BOOST_TEST(rows[0]["image"] == "image-1");
    BOOST_TEST(rows[0]["standin_ready"] == false);
    BOOST_TEST(get("/v1/spares").body["spares"][0]["lease"]["server"] == "server01");
}

BOOST_FIXTURE_TEST_CASE(setting_the_same_spare_again_begins_nothing_new, ApiUnderTest) {
    auto first = put("/v1/spare-table/server01", {{"spare", "spare01"}});
    auto second = put("/v1/spare-table/server01", {{"spare", "spare01"}});
    BOOST_TEST(first.location == second.location);
    BOOST_TEST(get("/v1/operations").body["operations"].size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_spare_that_another_server_has_is_refused, ApiUnderTest) {
    put("/v1/spare-table/server01", {{"spare", "spare01"}});
    auto refusal = refusalOf(tryPut("/v1/spare-table/server02", {{"spare", "spare01"}, {"image", "image-2"}}));
    BOOST_CHECK(refusal.code == ErrorCode::Conflict);
    BOOST_TEST(refusal.message.find("server01") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_server_without_an_image_is_told_how_to_get_one, ApiUnderTest) {
    auto refusal = refusalOf(tryPut("/v1/spare-table/server02", {{"spare", "spare01"}}));
    BOOST_CHECK(refusal.code == ErrorCode::WrongState);
    BOOST_TEST(refusal.message.find("standinctl image backup server02") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_dry_run_answers_as_the_command_would_and_does_nothing, ApiUnderTest) {
    const auto foreseen = put("/v1/spare-table/server01?dry_run=true", {{"spare", "spare01"}});
    BOOST_TEST(foreseen.status == 200);
    BOOST_TEST(foreseen.body == protocol::Json({{"dry_run", true}, {"changes", true}}), foreseen.body.dump());
    BOOST_TEST(post("/v1/operations?dry_run=true", {{"kind", "backup"}, {"server", "server01"}}).body["changes"] ==
               true);
    for (const char* order : {"/v1/spare-table/server01?dry_run=true", "/v1/spare-table/server01"}) {
        const auto unknown = refusalOf(tryPut(order, {{"spare", "spare99"}, {"image", "image-1"}}));
        BOOST_CHECK(unknown.code == ErrorCode::NotFound);
        BOOST_TEST(unknown.message.find("spare 'spare99' is not configured") != std::string::npos, unknown.message);
    }
    for (const char* order : {"/v1/operations?dry_run=true", "/v1/operations"}) {
        const auto refusal = refusalOf(tryPost(order, {{"kind", "failover"}, {"server", "server01"}}));
        BOOST_TEST(refusal.message.find("has no row in the spare table") != std::string::npos, refusal.message);
    }
    BOOST_TEST(get("/v1/spare-table").body["spare_table"].empty());
    BOOST_TEST(get("/v1/operations").body["operations"].empty());

    put("/v1/spare-table/server01", {{"spare", "spare01"}});
    BOOST_TEST(put("/v1/spare-table/server01?dry_run=true", {{"spare", "spare01"}}).body["changes"] == false);
    const auto taken =
        refusalOf(tryPut("/v1/spare-table/server02?dry_run=true", {{"spare", "spare01"}, {"image", "image-2"}}));
    BOOST_CHECK(taken.code == ErrorCode::Conflict);
    BOOST_CHECK(refusalOf(tryPost("/v1/operations/1/retry?dry_run=true", {})).code == ErrorCode::WrongState);
    BOOST_CHECK(refusalOf(tryPost("/v1/operations/99/close?dry_run=true", protocol::Json::object())).code ==
                ErrorCode::NotFound);
    BOOST_CHECK(refusalOf(tryPost("/v1/operations/1/retry?dry_run=perhaps", {})).code == ErrorCode::InvalidInput);
}

BOOST_FIXTURE_TEST_CASE(a_dry_run_of_maintenance_says_whether_it_would_change_anything, ApiUnderTest) {
    const protocol::Json on{{"on", true}, {"why", "a fan"}};
    BOOST_TEST(put("/v1/servers/server01/maintenance?dry_run=true", on).body["changes"] == true);
    BOOST_TEST(get("/v1/servers/server01").body["maintenance"] == false);
    put("/v1/servers/server01/maintenance", on);
    BOOST_TEST(put("/v1/servers/server01/maintenance?dry_run=true", on).body["changes"] == false);
}

BOOST_FIXTURE_TEST_CASE(a_row_that_is_not_there_is_deleted_all_the_same, ApiUnderTest) {
    auto ada = clientOf("ada");
    auto gone = ada->remove("/v1/spare-table/server02", {}, std::chrono::seconds(10));
    BOOST_REQUIRE(gone);
    BOOST_TEST(gone->status == 204);
    BOOST_TEST(!ada->remove("/v1/spare-table/server99", {}, std::chrono::seconds(10)).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_body_with_an_unknown_field_is_refused_by_its_name, ApiUnderTest) {
    auto refusal = refusalOf(tryPut("/v1/spare-table/server01", {{"spare", "spare01"}, {"sapre", "spare02"}}));
    BOOST_CHECK(refusal.code == ErrorCode::InvalidInput);
    BOOST_TEST(refusal.message.find("sapre") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_operation_shows_its_steps_with_start_and_outcome, ApiUnderTest) {
    auto answer = post("/v1/operations", {{"kind", "backup"}, {"server", "server01"}});
    BOOST_TEST(answer.status == 202);
    auto operation = get(answer.location).body;
    for (const auto* field :
         {"id", "kind", "server", "state", "outcome", "start", "end", "steps", "phases_ms", "asked_by", "why"}) {
        BOOST_TEST(operation.contains(field), "an operation has '" << field << "'");
    }
    BOOST_TEST(operation["kind"] == "backup");
    BOOST_TEST(operation["end"].is_null());
    for (const auto& step : operation["steps"]) {
        for (const auto* field : {"name", "subject", "start", "end", "outcome"}) {
            BOOST_TEST(step.contains(field), "a step has '" << field << "'");
        }
    }
    auto listed = get("/v1/operations?server=server01&limit=1").body["operations"];
    BOOST_REQUIRE_EQUAL(listed.size(), 1U);
    BOOST_TEST(listed[0]["id"] == operation["id"]);
    BOOST_TEST(get("/v1/operations?server=server02").body["operations"].empty());
}

BOOST_FIXTURE_TEST_CASE(a_second_operation_on_a_server_is_a_conflict, ApiUnderTest) {
    post("/v1/operations", {{"kind", "backup"}, {"server", "server01"}});
    auto refusal = refusalOf(tryPost("/v1/operations", {{"kind", "backup"}, {"server", "server01"}}));
    BOOST_CHECK(refusal.code == ErrorCode::Conflict);
}

BOOST_FIXTURE_TEST_CASE(kinds_of_later_releases_are_unsupported_and_unknown_ones_invalid, ApiUnderTest) {
    for (const auto* later : {"drill", "switchover", "failback"}) {
        BOOST_CHECK(refusalOf(tryPost("/v1/operations", {{"kind", later}, {"server", "server01"}})).code ==
                    ErrorCode::Unsupported);
    }
    BOOST_CHECK(refusalOf(tryPost("/v1/operations", {{"kind", "frobnicate"}, {"server", "server01"}})).code ==
                ErrorCode::InvalidInput);
    BOOST_CHECK(refusalOf(tryPost("/v1/operations", {{"kind", "backup"}, {"server", "server99"}})).code ==
                ErrorCode::NotFound);
}

BOOST_FIXTURE_TEST_CASE(an_operation_that_does_not_exist_cannot_be_retried, ApiUnderTest) {
    for (const auto* remedy : {"retry", "close", "fence-confirmation"}) {
        auto refusal = refusalOf(tryPost(fmt::format("/v1/operations/4711/{}", remedy), Json::object()));
        BOOST_CHECK(refusal.code == ErrorCode::NotFound);
    }
    BOOST_TEST(get("/v1/operations/4711").status == 404);
    BOOST_TEST(get("/v1/operations/seven").status == 400);
}

BOOST_FIXTURE_TEST_CASE(maintenance_is_shown_with_its_reason, ApiUnderTest) {
    put("/v1/servers/server01/maintenance", {{"on", true}, {"why", "new memory"}});
    auto shown = get("/v1/servers/server01").body;
    BOOST_TEST(shown["maintenance"] == true);
    BOOST_TEST(shown["maintenance_why"] == "new memory");
}

BOOST_FIXTURE_TEST_CASE(the_audit_names_who_asked_by_certificate, ApiUnderTest) {
    auto grace = clientOf("grace");
    BOOST_REQUIRE(grace->put("/v1/servers/server01/maintenance", {{"on", true}}, {}, std::chrono::seconds(10)));
    auto entries = get("/v1/audit").body["entries"];
    BOOST_REQUIRE(!entries.empty());
    BOOST_TEST(entries[0]["who"] == "operator grace (127.0.0.1)");
}

BOOST_FIXTURE_TEST_CASE(images_of_the_stores_are_listed, ApiUnderTest) {
    auto images = get("/v1/images").body["images"];
    BOOST_REQUIRE_EQUAL(images.size(), 1U);
    BOOST_TEST(images[0]["id"] == "image-1");
    BOOST_TEST(images[0]["used_by"].empty());
}

BOOST_FIXTURE_TEST_CASE(an_image_is_verified_by_its_store_and_the_audit_says_who_asked, ApiUnderTest) {
    auto begun = tryPost("/v1/images/image-1/verification", Json::object());
    BOOST_REQUIRE(begun);
    BOOST_TEST(begun->status == 202);
    BOOST_TEST(begun->location == "/v1/images/image-1/verification");
    BOOST_TEST(get("/v1/images/image-1/verification").body["state"] == "intact");
    BOOST_TEST(get("/v1/audit").body["entries"][0]["what"] == "verification of image 'image-1'");
    BOOST_CHECK(refusalOf(tryPost("/v1/images/image-9/verification", Json::object())).code == ErrorCode::NotFound);
    BOOST_CHECK(refusalOf(tryPost("/v1/images/a%20b/verification", Json::object())).code == ErrorCode::InvalidInput);
}

BOOST_FIXTURE_TEST_CASE(an_image_that_a_row_needs_is_not_deleted, ApiUnderTest) {
    put("/v1/spare-table/server01", {{"spare", "spare01"}});
    auto ada = clientOf("ada");
    auto refusal = refusalOf(ada->remove("/v1/images/image-1", {}, std::chrono::seconds(10)));
    BOOST_CHECK(refusal.code == ErrorCode::Conflict);
    BOOST_TEST(refusal.message.find("server server01") != std::string::npos);
    auto images = get("/v1/images").body["images"];
    BOOST_REQUIRE_EQUAL(images.size(), 1U);
    BOOST_TEST(images[0]["used_by"].size() == 2U);  // the row, and the prepare that goes on
}

BOOST_FIXTURE_TEST_CASE(an_image_that_nobody_needs_is_deleted_and_the_audit_tells_by_whom, ApiUnderTest) {
    auto ada = clientOf("ada");
    auto gone = ada->remove("/v1/images/image-1", {}, std::chrono::seconds(10));
    BOOST_REQUIRE(gone);
    BOOST_TEST(gone->status == 204);
    BOOST_TEST(get("/v1/images").body["images"].empty());
    auto entries = get("/v1/audit").body["entries"];
    BOOST_TEST(entries[0]["what"] == "removal of image 'image-1'");
    BOOST_CHECK(refusalOf(ada->remove("/v1/images/image-1", {}, std::chrono::seconds(10))).code == ErrorCode::NotFound);
}

BOOST_FIXTURE_TEST_CASE(images_are_compared_by_the_store_that_has_them, ApiUnderTest) {
    BOOST_TEST(get("/v1/images/image-1/difference/image-1").body["equal"] == true);
    BOOST_TEST(get("/v1/images/image-1/difference/image-2").status == 404);
    BOOST_TEST(get("/v1/images/image-2/difference/image-1").status == 404);
}

BOOST_FIXTURE_TEST_CASE(the_decisions_of_an_operation_are_there_as_soon_as_it_is, ApiUnderTest) {
    auto operation = post("/v1/operations", {{"kind", "backup"}, {"server", "server01"}});
    auto decisions = get(operation.location + "/decisions").body;
    BOOST_TEST(decisions["operation"] == operation.body["id"]);
    BOOST_REQUIRE(decisions["record"].size() >= 2U);
    BOOST_TEST(decisions["record"][0]["operation"]["because"] == "opened");
    BOOST_TEST(decisions["record"][1]["decision"]["changes"][0]["to"] == "StoppingServer");  // it waits for its turn
    BOOST_TEST(get("/v1/operations/4711/decisions").status == 404);
}

BOOST_FIXTURE_TEST_CASE(a_plan_names_what_is_not_configured, ApiUnderTest) {
    BOOST_CHECK(refusalOf(tryPost("/v1/plans", {{"server", "server99"}})).code == ErrorCode::NotFound);
    BOOST_CHECK(refusalOf(tryPost("/v1/plans", {{"fail", {{"racks", {"3"}}}}})).code == ErrorCode::NotFound);
    BOOST_CHECK(refusalOf(tryPost("/v1/plans", {{"fail", {{"raks", {"3"}}}}})).code == ErrorCode::InvalidInput);
    BOOST_CHECK(refusalOf(tryPost("/v1/plans", Json::object())).code == ErrorCode::InvalidInput);
}

BOOST_FIXTURE_TEST_CASE(a_plan_touches_nothing, ApiUnderTest) {
    auto plan = post("/v1/plans", {{"server", "server01"}}).body;
    BOOST_REQUIRE_EQUAL(plan["failovers"].size(), 1U);
    BOOST_TEST(plan["failovers"][0]["begins"] == false);  // it has no row
    BOOST_TEST(plan["without"] == Json({"server01"}));
    BOOST_TEST(plan["spares_left"] == Json({"spare01"}));
    BOOST_TEST(get("/v1/operations").body["operations"].empty());
    BOOST_TEST(get("/v1/servers/server01").body["runs_on"]["on"] == "server");
}

BOOST_FIXTURE_TEST_CASE(health_names_its_checks_and_their_cures, ApiUnderTest) {
    auto told = get("/v1/health");
    BOOST_TEST((told.status == 200 || told.status == 503));
    BOOST_TEST((told.status == 200) == told.body["ok"].get<bool>());
    for (const auto& check : told.body["checks"]) {
        BOOST_TEST(check.contains("name"));
        BOOST_TEST((check["ok"].get<bool>() || !check["cure"].get<std::string>().empty()));
    }
}

BOOST_FIXTURE_TEST_CASE(health_says_which_machine_is_not_confirmed, ApiUnderTest) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    protocol::Json spare;
    do {
        BOOST_REQUIRE(std::chrono::steady_clock::now() < until);
        spare = get("/v1/spares").body["spares"][0];
    } while (spare["identity"].is_null());  // until the watch has asked
    BOOST_TEST(spare["uuid"] == "4c4c4544-0031-3010-8056-b4c04f4d3232");
    BOOST_TEST(spare["identity"]["verdict"] == "unknown");
    const auto told = get("/v1/health").body;
    const auto& warnings = told["warnings"];
    BOOST_TEST(std::count(warnings.begin(), warnings.end(), "spare 'spare01' is not confirmed: pdu: cannot tell") == 1);
    BOOST_TEST(get("/v1/servers/server01").body["identity"].is_null());  // it declares none
}

BOOST_FIXTURE_TEST_CASE(metrics_are_for_prometheus_and_bear_our_name, ApiUnderTest) {
    auto text = clientOf("prometheus")->text("/metrics", std::chrono::seconds(10));
    BOOST_REQUIRE(text);
    BOOST_TEST(text->find("standin_servers 2") != std::string::npos);
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.front() == '#') continue;
        BOOST_TEST(line.rfind("standin_", 0) == 0U, line);
    }
}

BOOST_FIXTURE_TEST_CASE(a_trap_record_is_explained_without_starting_anything, ApiUnderTest) {
    traps::TrapRecord record;
    record.id = 1;
    record.trap.source = "127.77.0.101";
    auto explanation = post("/v1/traps/explain", toJson(record)).body;
    BOOST_TEST(explanation["outcome"] == "no_rule");
    BOOST_TEST(explanation["grade"] == "none");
    BOOST_TEST(get("/v1/operations").body["operations"].empty());
    BOOST_CHECK(refusalOf(tryPost("/v1/traps/explanations", {{"id", "one"}})).code == ErrorCode::InvalidInput);
    BOOST_TEST(get("/v1/traps").body["traps"].empty());
    BOOST_TEST(get("/v1/traps/9/explanation").status == 404);
    BOOST_TEST(get("/v1/traps?limit=0").status == 400);
}

BOOST_FIXTURE_TEST_CASE(what_is_degraded_is_shown_with_its_server_until_it_is_set_into_maintenance, ApiUnderTest) {
    traps::TrapRecord record;
    record.id = 7;
    record.verdict.server = base::ServerName("server01");
    record.verdict.grade = traps::Grade::Degraded;
    record.verdict.reason = "a fan has failed";
    degraded->take(record);
    degraded->take(record);
    BOOST_TEST(told_degraded == std::vector<std::string>{"server01"}, boost::test_tools::per_element());
    const auto servers = get("/v1/servers").body["servers"];
    BOOST_REQUIRE(servers[0]["degraded"].size() == 1U);
    BOOST_TEST(servers[0]["degraded"][0]["reason"] == "a fan has failed");
    BOOST_TEST(servers[0]["degraded"][0]["trap"] == 7);
    BOOST_TEST(servers[0]["degraded"][0]["count"] == 2);
    BOOST_TEST(servers[1]["degraded"].empty());
    BOOST_TEST(get("/v1/servers/server01").body["degraded"].size() == 1U);
    const auto set = put("/v1/servers/server01/maintenance", {{"on", true}, {"why", "a new fan"}}).body;
    BOOST_TEST(set["degraded"].empty());
    put("/v1/servers/server01/maintenance", {{"on", false}});
    BOOST_TEST(get("/v1/servers/server01").body["degraded"].empty());
}

BOOST_AUTO_TEST_SUITE_END()
