#include "agent/switch/switch_capability.hpp"

#include <boost/test/unit_test.hpp>

#include "agent/http/metrics.hpp"
#include "tests/integration/switch/switched_job.hpp"

using namespace standin;
using namespace standin::tests;
using protocol::Json;

namespace {

// The capability as main() composes it, asked through its routes.
struct AskedSwitch : SwitchedJob {
    http::Metrics metrics;
    http::Router router;
    lan_switch::SwitchCapability capability{
        {lan.places(), {3000, 3999}}, clock, metrics, base::Log("test", base::LogLevel::Error)};

    AskedSwitch() {
        keeper->stop();
        BOOST_REQUIRE(capability.start());
        capability.addRoutes(router);
        BOOST_REQUIRE(eventually([this] { return ask("GET", "/v1/ports").has_value(); }));
    }
    base::Result<http::Response> ask(const std::string& method, const std::string& path, const std::string& body = "") {
        http::Request request;
        request.method = method;
        request.path = path;
        request.body = body;
        request.stamp = protocol::CommandStamp{1, "test", ++sequence};
        auto route = router.find(request);
        if (!route) return base::failure(route.error());
        return (*route)->handler(request);
    }
    Json answer(const std::string& method, const std::string& path, const Json& body = {}) {
        auto response = ask(method, path, body.is_null() ? "" : body.dump());
        BOOST_REQUIRE_MESSAGE(response, (response ? "" : response.error().message));
        return response->body.empty() ? Json() : Json::parse(response->body);
    }
    protocol::PortReading reading(const std::string& port) {
        http::Request request;
        request.method = "GET";
        request.path = "/v1/ports";
        request.query["port"] = port;
        auto route = router.find(request);
        BOOST_REQUIRE(route);
        const auto response = (*route)->handler(request);
        BOOST_REQUIRE_MESSAGE(response, (response ? "" : response.error().message));
        const auto read = protocol::portReadingFrom(Json::parse(response->body).at("ports").at(0));
        BOOST_REQUIRE_MESSAGE(read, (read ? "" : read.error().message));
        return *read;
    }
    protocol::Health health() {
        protocol::Health now;
        capability.checkHealth(now);
        return now;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(switch_capability, AskedSwitch)

BOOST_AUTO_TEST_CASE(an_order_is_answered_with_the_segment_as_it_was_read_back) {
    const auto given = answer("PUT", "/v1/segments/job01", toJson(order("stand-in")));
    BOOST_TEST(given["verified"] == true);
    BOOST_TEST(given["owner"] == "stand-in");
    BOOST_TEST(given["transaction_ms"] > 0);
    BOOST_TEST(given["announce_ms"] > 0);
    auto read = protocol::segmentFrom(answer("GET", "/v1/segments/job01"));
    BOOST_REQUIRE(read);
    BOOST_TEST((read->order == order("stand-in")));
    BOOST_TEST(answer("GET", "/v1/segments")["segments"].size() == 1U);
    BOOST_TEST(answer("POST", "/v1/segments/job01/announcements")["announce_ms"] > 0);
    BOOST_TEST(metrics.render().find("standin_segment_owner{member=\"stand-in\",segment=\"job01\"} 1") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(ports_tell_whose_they_are_and_where) {
    answer("PUT", "/v1/segments/job01", toJson(order("server")));
    int members = 0;
    const auto ports = answer("GET", "/v1/ports");
    for (const auto& port : ports["ports"]) {
        if (port["member"].is_string()) ++members;
        if (port["port"] == server.port()) {
            BOOST_TEST(port["vlan"] == job_vlan);
            BOOST_TEST(port["segment"] == "job01");
            BOOST_TEST(port["forwards"] == true);
        }
    }
    BOOST_TEST(members == 4);
}

BOOST_AUTO_TEST_CASE(a_port_tells_of_its_carrier_and_counts_the_frames_of_its_machine_at_once) {
    BOOST_TEST(eventually([&] { return reading(server.port()).carrier; }));
    const auto before = reading(server.port());
    BOOST_TEST(before.present);
    BOOST_REQUIRE(before.received_frames.has_value());
    const Connection unanswered(server, "10.9.1.99");  // the question for its MAC is a frame
    BOOST_TEST(!unanswered.open());
    BOOST_TEST(reading(server.port()).received_frames.value_or(0) > *before.received_frames);
    lan.unplug(server);
    BOOST_TEST(eventually([&] { return !reading(server.port()).carrier; }));
    BOOST_TEST(!reading("no-such-port").present);
}

BOOST_AUTO_TEST_CASE(bad_orders_are_refused_with_what_and_where) {
    auto codeOf = [&](const std::string& method, const std::string& path, const std::string& body = "") {
        auto response = ask(method, path, body);
        BOOST_REQUIRE(!response);
        BOOST_TEST(response.error().message.size() > 10U);
        return response.error().code;
    };
    BOOST_TEST((codeOf("PUT", "/v1/segments/job01", "{") == base::ErrorCode::InvalidInput));
    BOOST_TEST((codeOf("PUT", "/v1/segments/job01", "{}") == base::ErrorCode::InvalidInput));
    BOOST_TEST((codeOf("PUT", "/v1/segments/..%2f", "{}") == base::ErrorCode::InvalidInput));
    auto unknown = toJson(order("server"));
    unknown["owners"] = 2;
    BOOST_TEST((codeOf("PUT", "/v1/segments/job01", unknown.dump()) == base::ErrorCode::InvalidInput));
    BOOST_TEST((codeOf("GET", "/v1/segments/job07") == base::ErrorCode::NotFound));
    BOOST_TEST((codeOf("POST", "/v1/segments/job07/announcements") == base::ErrorCode::NotFound));
    BOOST_TEST((codeOf("DELETE", "/v1/segments/job07") == base::ErrorCode::NotFound));
    answer("PUT", "/v1/segments/job01", toJson(order("")));
    BOOST_TEST((codeOf("POST", "/v1/segments/job01/announcements") == base::ErrorCode::WrongState));
}

BOOST_AUTO_TEST_CASE(health_is_well_until_the_switch_stops_and_then_says_what_to_do) {
    answer("PUT", "/v1/segments/job01", toJson(order("server")));
    BOOST_TEST(health().ok());
    BOOST_TEST(health().checks.size() == 3U);
    lan.stopDatabase();
    BOOST_TEST(eventually([&] { return !health().ok(); }));
    const auto ill = health();
    BOOST_TEST(ill.checks[0].name == "switch reachable");
    BOOST_TEST(!ill.checks[0].cure.empty());
}

BOOST_AUTO_TEST_CASE(health_says_that_the_daemon_is_gone_also_while_nothing_waits_for_it) {
    BOOST_TEST(health().ok());
    lan.stopDaemon();
    const auto ill = health();
    BOOST_TEST(!ill.ok());
    BOOST_TEST(ill.checks[1].name == "switch applies");
    BOOST_TEST(!ill.checks[1].ok);
    BOOST_TEST(ill.checks[1].cure.find("ovs-vswitchd") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
