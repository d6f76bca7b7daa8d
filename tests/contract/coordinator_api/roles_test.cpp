// Who may ask for what: every route times every kind of certificate.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/contract/coordinator_api/api_under_test.hpp"

using namespace standin;
using base::ErrorCode;
using http::Access;
using http::Grants;
using tests::ApiUnderTest;

namespace {

struct Demand {
    std::string method;
    std::string pattern;
    Access access;                     ///< of a request without a body
    std::optional<Access> declared{};  ///< where more depends on the body, and the handler demands the rest
};

// A new route has to be put down here: that is when somebody thinks about who may use it.
const std::vector<Demand> demands{
    {"GET", "/v1/adoption", Access::Read},
    {"POST", "/v1/adoption", Access::Command},
    {"GET", "/v1/servers", Access::Read},
    {"GET", "/v1/servers/{server}", Access::Read},
    {"PUT", "/v1/servers/{server}/maintenance", Access::Command},
    {"POST", "/v1/servers/{server}/return", Access::Command, Access::Read},
    {"GET", "/v1/spares", Access::Read},
    {"GET", "/v1/spare-table", Access::Read},
    {"PUT", "/v1/spare-table/{server}", Access::Command},
    {"DELETE", "/v1/spare-table/{server}", Access::Command},
    {"GET", "/v1/agents", Access::Read},
    {"GET", "/v1/audit", Access::Read},
    {"GET", "/v1/images", Access::Read},
    {"GET", "/v1/images/{a}/difference/{b}", Access::Read},
    {"GET", "/v1/images/{image}/verification", Access::Read},
    {"POST", "/v1/images/{image}/verification", Access::Command},
    {"DELETE", "/v1/images/{image}", Access::Command},
    {"POST", "/v1/operations", Access::Command},
    {"GET", "/v1/operations", Access::Read},
    {"GET", "/v1/operations/{id}", Access::Read},
    {"GET", "/v1/operations/{id}/decisions", Access::Read},
    {"POST", "/v1/operations/{id}/retry", Access::Command},
    {"POST", "/v1/operations/{id}/fence-confirmation", Access::Confirm},
    {"POST", "/v1/operations/{id}/cancel", Access::Command},
    {"GET", "/v1/restraints", Access::Read},
    {"POST", "/v1/freeze", Access::Confirm},
    {"POST", "/v1/brake/release", Access::Confirm},
    {"POST", "/v1/operations/{id}/close", Access::Command, Access::Read},
    {"POST", "/v1/plans", Access::Read},
    {"GET", "/v1/trap-tests", Access::Read},
    {"POST", "/v1/trap-tests", Access::Command},
    {"GET", "/v1/traps", Access::Read},
    {"GET", "/v1/traps/{id}", Access::Read},
    {"GET", "/v1/traps/{id}/explanation", Access::Read},
    {"POST", "/v1/traps/explain", Access::Read},
    {"POST", "/v1/traps/explanations", Access::Read},
    {"GET", "/v1/events", Access::Read},
    {"GET", "/v1/health", Access::Read},
    {"GET", "/metrics", Access::Read},
};

struct Holder {
    std::string certificate;
    Grants grants;
};

const std::vector<Holder> holders{
    {"vera", {Access::Read}},
    {"grace", {Access::Read, Access::Command}},
    {"carol", {Access::Read, Access::Confirm}},
    {"ada", {Access::Read, Access::Command, Access::Confirm}},
    // Agents, the coordinator itself, a stranger with a certificate, and names that are nearly one that has a role.
    {"vmhost1", {}},
    {"store1", {}},
    {"switch1", {}},
    {"holder1", {}},
    {"coordinator", {}},
    {"mallory", {}},
    {"Ada", {}},
    {"ada ", {}},
    {"ada.grace", {}},
    {"operators", {}},
    {"*", {}},
};

std::string pathOf(std::string pattern) {
    for (auto open = pattern.find('{'); open != std::string::npos; open = pattern.find('{'))
        pattern.replace(open, pattern.find('}', open) + 1 - open, "9");
    return pattern;
}

/// The code of the refusal; nothing if it was answered otherwise, whatever the answer.
std::optional<base::Error> forbiddenTo(protocol::AgentClient& client, const std::string& method,
                                       const std::string& path) {
    constexpr auto deadline = std::chrono::seconds(20);
    const auto body = protocol::Json::object();
    base::Result<void> outcome;
    auto take = [&](const auto& answer) {
        if (!answer) outcome = base::failure(answer.error());
    };
    if (method == "GET") {
        auto answer =
            client.ask(path, deadline);  // of what is no JSON (metrics) nothing is known but that it was answered
        if (answer && answer->status == 403) outcome = base::failure(protocol::errorFrom(answer->body, ""));
    }
    if (method == "PUT") take(client.put(path, body, {}, deadline));
    if (method == "POST") take(client.post(path, body, {}, deadline));
    if (method == "DELETE") take(client.remove(path, {}, deadline));
    if (outcome || outcome.error().code != ErrorCode::Forbidden) return std::nullopt;
    return outcome.error();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(coordinator_roles)

BOOST_FIXTURE_TEST_CASE(every_route_says_which_role_it_demands, ApiUnderTest) {
    std::set<std::string> known;
    for (const auto& demand : demands) known.insert(demand.method + " " + demand.pattern);
    for (const auto& route : server->routes()) {
        const auto name = route.method + " " + route.pattern;
        const auto demand = std::find_if(demands.begin(), demands.end(), [&](const Demand& one) {
            return one.method == route.method && one.pattern == route.pattern;
        });
        BOOST_REQUIRE_MESSAGE(demand != demands.end(), name << " is new: put down which role it demands");
        BOOST_TEST((demand->declared.value_or(demand->access) == route.access), name);
        known.erase(name);
    }
    BOOST_TEST(known.empty(), (known.empty() ? "" : *known.begin()) << " is gone");
}

BOOST_FIXTURE_TEST_CASE(every_certificate_gets_what_its_roles_allow_and_nothing_else, ApiUnderTest) {
    for (const auto& holder : holders) {
        auto client = clientOf(holder.certificate);
        for (const auto& demand : demands) {
            // Who may follow the events is answered without end: event_stream_test.cpp.
            if (demand.pattern == "/v1/events" && holder.grants.may(Access::Read)) continue;
            const auto refusal = forbiddenTo(*client, demand.method, pathOf(demand.pattern));
            BOOST_TEST(refusal.has_value() != holder.grants.may(demand.access),
                       "'" << holder.certificate << "': " << demand.method << " " << demand.pattern);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_refusal_names_the_role_that_is_missing_and_where_it_is_given, ApiUnderTest) {
    auto viewer = clientOf("vera");
    const auto reading = forbiddenTo(*clientOf("vmhost1"), "GET", "/v1/servers");
    BOOST_REQUIRE(reading);
    BOOST_TEST(reading->message.find("needs role 'viewers'") != std::string::npos, reading->message);
    BOOST_TEST(reading->message.find("certificate 'vmhost1'") != std::string::npos, reading->message);
    const auto command = forbiddenTo(*viewer, "PUT", "/v1/spare-table/server01");
    BOOST_REQUIRE(command);
    BOOST_TEST(command->message.find("needs role 'operators'") != std::string::npos, command->message);
    BOOST_TEST(command->message.find("coordinator.roles.operators") != std::string::npos, command->message);
    const auto confirmation = forbiddenTo(*clientOf("grace"), "POST", "/v1/operations/1/fence-confirmation");
    BOOST_REQUIRE(confirmation);
    BOOST_TEST(confirmation->message.find("needs role 'confirmers'") != std::string::npos, confirmation->message);
}

BOOST_FIXTURE_TEST_CASE(data_are_discarded_by_confirmers_only, ApiUnderTest) {
    for (const auto* path : {"/v1/servers/server01/return", "/v1/operations/1/close"}) {
        for (const auto& holder : holders) {
            const auto answer =
                clientOf(holder.certificate)->post(path, {{"discard_data", true}}, {}, std::chrono::seconds(20));
            const bool forbidden = !answer && answer.error().code == ErrorCode::Forbidden;
            BOOST_TEST(forbidden != holder.grants.may(Access::Confirm), holder.certificate << " " << path);
            if (forbidden && holder.certificate == "grace")
                BOOST_TEST(answer.error().message.find("needs role 'confirmers'") != std::string::npos);
        }
    }
}

// What an attacker has who has broken into a VM host: its certificate, and all the time in the world.
BOOST_FIXTURE_TEST_CASE(an_agents_certificate_changes_nothing_at_the_coordinator, ApiUnderTest) {
    put("/v1/spare-table/server01", {{"spare", "spare01"}, {"prepare", false}});
    const auto servers = get("/v1/servers").body;
    const auto rows = get("/v1/spare-table").body;
    constexpr auto deadline = std::chrono::seconds(20);
    for (const auto* name : {"vmhost1", "store1", "switch1", "holder1"}) {
        auto agent = clientOf(name);
        auto forbidden = [&](const base::Result<protocol::AgentClient::Answer>& answer) {
            BOOST_REQUIRE(!answer);
            BOOST_CHECK(answer.error().code == ErrorCode::Forbidden);
        };
        forbidden(agent->put("/v1/spare-table/server02", {{"spare", "spare01"}, {"image", "image-1"}}, {}, deadline));
        forbidden(agent->remove("/v1/spare-table/server01", {}, deadline));
        forbidden(agent->post("/v1/operations", {{"kind", "failover"}, {"server", "server01"}}, {}, deadline));
        forbidden(agent->post("/v1/operations/1/fence-confirmation", {}, {}, deadline));
        forbidden(agent->put("/v1/servers/server01/maintenance", {{"on", true}}, {}, deadline));
        forbidden(agent->post("/v1/servers/server01/return", {}, {}, deadline));
        forbidden(agent->remove("/v1/images/image-1", {}, deadline));
        // Nor does it learn what there is.
        for (const auto* path : {"/v1/servers", "/v1/nothing", "/", "/v1/health"}) {
            auto asked = agent->ask(path, deadline);
            BOOST_REQUIRE(asked);
            BOOST_TEST(asked->status == 403, path);
        }
    }
    BOOST_TEST(get("/v1/servers").body == servers);
    BOOST_TEST(get("/v1/spare-table").body == rows);
    BOOST_TEST(get("/v1/operations").body["operations"].empty());
    BOOST_TEST(get("/v1/images").body["images"].size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
