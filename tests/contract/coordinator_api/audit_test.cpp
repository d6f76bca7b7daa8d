// What the coordinator keeps of who asked for what, also of those who got nothing.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "agent/audit/audit_chain.hpp"
#include "tests/contract/coordinator_api/api_under_test.hpp"

using namespace standin;
using protocol::Json;
using tests::ApiUnderTest;

namespace {

constexpr auto audited_within = std::chrono::seconds(20);

bool contains(const Json& entry, const char* field, const std::string& part) {
    return entry[field].get<std::string>().find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(coordinator_audit)

BOOST_FIXTURE_TEST_CASE(a_request_without_the_role_is_kept_with_who_what_and_why, ApiUnderTest) {
    auto agent = clientOf("vmhost1");
    BOOST_REQUIRE(!agent->post("/v1/operations/1/fence-confirmation", {}, {}, audited_within));
    const auto entry = auditEntry([](const Json& one) { return contains(one, "who", "vmhost1"); });
    BOOST_TEST(entry["who"] == "certificate 'vmhost1' (127.0.0.1)");
    BOOST_TEST(entry["what"] == "POST /v1/operations/1/fence-confirmation");
    BOOST_TEST(contains(entry, "outcome", "refused: "));
    BOOST_TEST(contains(entry, "outcome", "needs role 'confirmers'"));
    BOOST_TEST(contains(entry, "outcome", "(403 forbidden)"));
}

BOOST_FIXTURE_TEST_CASE(reading_without_the_role_is_kept_too_and_allowed_reading_is_not, ApiUnderTest) {
    auto agent = clientOf("store1");
    BOOST_REQUIRE(!agent->get("/v1/servers", audited_within));
    auditEntry([](const Json& one) { return contains(one, "what", "GET /v1/servers"); });
    BOOST_REQUIRE(clientOf("vera")->get("/v1/servers", audited_within));
    audit_trail.settle();
    const auto audited = get("/v1/audit").body;
    for (const auto& entry : audited["entries"]) BOOST_TEST(!contains(entry, "who", "vera"));
}

BOOST_FIXTURE_TEST_CASE(a_command_that_is_refused_for_another_reason_is_kept, ApiUnderTest) {
    BOOST_REQUIRE(!tryPost("/v1/operations/4711/retry", Json::object()));
    const auto entry = auditEntry([](const Json& one) { return contains(one, "what", "4711/retry"); });
    BOOST_TEST(entry["who"] == "certificate 'ada' (127.0.0.1)");
    BOOST_TEST(contains(entry, "outcome", "there is no operation 4711"));
}

BOOST_FIXTURE_TEST_CASE(a_handshake_that_failed_is_kept, ApiUnderTest) {
    tests::CertificateAuthority foreign;
    auto identity = foreign.issue("operator");
    identity.ca = authority.issue("x").ca;
    auto stranger = protocol::AgentClient::open("coordinator", url, *http::clientContext(identity));
    BOOST_REQUIRE(stranger);
    BOOST_TEST(!(*stranger)->get("/v1/health", audited_within).has_value());
    const auto entry = auditEntry([](const Json& one) { return one["what"] == "TLS handshake"; });
    BOOST_TEST(entry["who"] == "unknown (127.0.0.1)");
    BOOST_TEST(contains(entry, "outcome", "certificate 'operator'"));
}

BOOST_FIXTURE_TEST_CASE(a_flood_of_refusals_is_one_entry_and_a_number, ApiUnderTest) {
    auto agent = clientOf("vmhost1");
    for (int i = 0; i < 200; ++i) BOOST_REQUIRE(!agent->get("/v1/servers", audited_within));
    auditEntry([](const Json& one) { return contains(one, "what", "GET /v1/servers"); });
    int kept = 0;
    const auto audited = get("/v1/audit").body;
    for (const auto& entry : audited["entries"]) kept += contains(entry, "who", "vmhost1") ? 1 : 0;
    BOOST_TEST(kept == 1);
    audit_trail.stop();
    auditEntry([](const Json& one) { return contains(one, "outcome", "(199 more times since "); });
}

BOOST_FIXTURE_TEST_CASE(every_entry_carries_the_hash_of_the_one_before, ApiUnderTest) {
    for (int i = 0; i < 5; ++i) put("/v1/servers/server01/maintenance", {{"on", i % 2 == 0}});
    const auto told = get("/v1/audit?limit=1000").body;
    BOOST_REQUIRE(told["entries"].size() >= 5U);
    std::string previous = audit::beginning();
    for (auto entry = told["entries"].rbegin(); entry != told["entries"].rend(); ++entry) {
        BOOST_TEST((*entry)["previous"] == previous);
        previous = (*entry)["hash"];
    }
    BOOST_TEST(told["head"] == fmt::format("{}:{}", told["entries"][0]["id"].get<int>(), previous));
    BOOST_TEST(told["forgotten"].is_null());
    BOOST_TEST(get("/v1/audit?limit=2&before=4").body["entries"][0]["id"] == 3);
    BOOST_TEST(get("/v1/audit?before=x").status == 400);
}

BOOST_AUTO_TEST_SUITE_END()
