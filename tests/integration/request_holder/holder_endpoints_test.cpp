#include <boost/test/unit_test.hpp>
#include <sstream>

#include "agent/request_holder/request_holder.hpp"
#include "holder_lab.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using namespace standin::request_holder;
using namespace standin::request_holder::test;
using base::ErrorCode;

namespace {

struct Endpoints {
    HolderLab lab;
    tests::TemporaryDirectory state;
    http::Metrics metrics;
    RequestHolder holder{RequestHolderSettings{{lab.settings()}}, lab.agentName(), state.path(), metrics,
                         base::Log("test", [](auto, auto) {})};
    http::Router router;

    Endpoints() {
        BOOST_REQUIRE(holder.start());
        holder.addRoutes(router);
    }
    ~Endpoints() { holder.stop(); }

    base::Result<protocol::Json> ask(const std::string& method, const std::string& path, const std::string& body = {}) {
        http::Request request;
        request.method = method;
        request.path = path;
        request.body = body;
        auto route = router.find(request);
        if (!route) return base::failure(route.error());
        auto response = (*route)->handler(request);
        if (!response) return base::failure(response.error());
        if (!response->stream) return protocol::parseJson(response->body);
        std::ostringstream streamed;
        response->stream(streamed, std::atomic<bool>(false));
        return protocol::parseJson(streamed.str());
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_job_is_held_and_released_by_its_endpoint, Endpoints) {
    BOOST_TEST(ask("GET", "/v1/jobs/job01")->at("state") == "idle");
    BOOST_TEST(ask("PUT", "/v1/jobs/job01", R"({"state": "holding"})")->at("listening") == true);
    auto client = lab.client();
    BOOST_REQUIRE(client.send("7\n"));
    BOOST_TEST(eventually([&] { return ask("GET", "/v1/jobs")->at("jobs").at(0).at("held") == 1; }));
    LedgerProcess ledger(lab);
    BOOST_TEST(ask("PUT", "/v1/jobs/job01", R"({"state": "releasing"})")->at("state") == "releasing");
    BOOST_TEST(client.line() == "done 7");
    BOOST_TEST(ask("PUT", "/v1/jobs/job01", R"({"state": "idle"})")->at("delivered") == 1);
    BOOST_TEST(metrics.render().find("standin_holder_delivered_total{job=\"job01\"} 1") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_probe_is_answered_by_its_endpoint_and_is_no_command, Endpoints) {
    TestJob job(lab, [](TestSocket&) {});
    const auto answer = ask("POST", "/v1/jobs/job01/probes",
                            R"({"leg": "back", "probe": {"tcp": {"port": 8080}}, "deadline_ms": 5000})");
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->at("answered") == true);
    for (const auto& route : router.routes()) {
        if (route.method == "POST") BOOST_TEST((route.access == http::Access::Probe));
    }
}

BOOST_FIXTURE_TEST_CASE(what_is_not_understood_is_refused_with_its_reason, Endpoints) {
    BOOST_TEST((ask("GET", "/v1/jobs/job99").error().code == ErrorCode::NotFound));
    BOOST_TEST((ask("PUT", "/v1/jobs/job01", R"({"state": "asleep"})").error().code == ErrorCode::InvalidInput));
    BOOST_TEST(
        (ask("PUT", "/v1/jobs/job01", R"({"state": "idle", "force": true})").error().code == ErrorCode::InvalidInput));
    BOOST_TEST((ask("PUT", "/v1/jobs/job01", "{").error().code == ErrorCode::InvalidInput));
    BOOST_TEST((ask("POST", "/v1/jobs/job01/probes", "{}").error().code == ErrorCode::InvalidInput));
}

BOOST_FIXTURE_TEST_CASE(health_names_each_leg_and_the_state, Endpoints) {
    protocol::Health health;
    holder.checkHealth(health);
    BOOST_TEST(health.checks.size() == 3U);
    for (const auto& check : health.checks) BOOST_TEST(check.ok, check.name << ": " << check.detail);
}
