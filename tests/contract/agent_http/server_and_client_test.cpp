#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <fmt/format.h>
#include <openssl/x509.h>

#include <boost/test/unit_test.hpp>
#include <future>
#include <thread>

#include "agent/base/process.hpp"
#include "agent/http/health.hpp"
#include "agent/http/metrics.hpp"
#include "agent/http/server.hpp"
#include "agent/protocol/agent_client.hpp"
#include "tests/support/certificates.hpp"

using namespace standin;
using namespace std::chrono_literals;

namespace {

constexpr auto deadline = 10s;

struct Agent {
    http::TlsLibrary library;
    tests::CertificateAuthority authority;
    tests::TemporaryDirectory directory;
    http::TlsFiles files = authority.issue("agent1");
    base::Log silent{"test", [](base::LogLevel, std::string_view) {}};
    std::unique_ptr<http::CommandGate> gate = std::move(*http::CommandGate::open(directory / "epoch"));
    http::Router router;
    http::HealthChecks health{"agent1"};
    std::shared_ptr<const http::Roles> roles = http::Roles::ofAgent({"coordinator"}, {"vmhost1"});
    std::unique_ptr<http::Server> server;
    std::string url;

    Agent() {
        health.addRoutes(router);
        router.add("GET", "/v1/things/{name}", [](const http::Request& request) -> base::Result<http::Response> {
            return http::Response::json({{"name", request.parameter("name")}, {"peer", request.peer}});
        });
        router.add("PUT", "/v1/things/{name}", [](const http::Request& request) -> base::Result<http::Response> {
            auto json = request.json();
            if (!json) return base::failure(json.error());
            return http::Response::json({{"epoch", request.stamp->epoch}, {"got", *json}});
        });
        router.add("GET", "/v1/stream", [](const http::Request&) -> base::Result<http::Response> {
            http::Response response;
            response.content_type = "application/octet-stream";
            response.stream = [](std::ostream& out, const std::atomic<bool>&) { out << std::string(300'000, 'x'); };
            return response;
        });
        auto context = http::serverContext(files);
        BOOST_REQUIRE(context);
        server = std::make_unique<http::Server>(*http::parseListen("127.0.0.1:0"), *context, router,
                                                http::Guard{roles, gate.get()}, silent);
        BOOST_REQUIRE(server->start());
        url = fmt::format("https://127.0.0.1:{}", server->port());
    }
    std::unique_ptr<protocol::AgentClient> client(const http::TlsFiles& identity, const std::string& to = "") {
        auto context = http::clientContext(identity);
        BOOST_REQUIRE(context);
        auto opened = protocol::AgentClient::open("agent1", to.empty() ? url : to, *context);
        BOOST_REQUIRE(opened);
        return std::move(*opened);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(server_and_client)

BOOST_FIXTURE_TEST_CASE(an_answer_comes_to_a_client_with_a_certificate_of_the_ca, Agent) {
    auto answer = client(authority.issue("coordinator"))->get("/v1/things/spare01", deadline);
    BOOST_REQUIRE(answer);
    BOOST_TEST((*answer)["name"] == "spare01");
    BOOST_TEST((*answer)["peer"] == "coordinator");
}

BOOST_FIXTURE_TEST_CASE(a_client_with_a_certificate_of_another_ca_gets_no_answer, Agent) {
    tests::CertificateAuthority foreign;
    auto identity = foreign.issue("coordinator");
    identity.ca = files.ca;  // it trusts the agent; the agent must not trust it
    auto answer = client(identity)->get("/v1/health", deadline);
    BOOST_TEST(!answer.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_client_without_a_certificate_gets_no_answer, Agent) {
    auto outcome =
        base::runProcess({{"curl", "--silent", "--insecure", "--max-time", "10", url + "/v1/health"}, "", 20s});
    BOOST_REQUIRE(outcome);
    BOOST_TEST(outcome->exit_code != 0);
    BOOST_TEST(outcome->output == "");
}

BOOST_FIXTURE_TEST_CASE(a_client_asks_nothing_of_an_agent_whose_certificate_does_not_name_it, Agent) {
    auto other_host = fmt::format("https://127.0.0.2:{}", server->port());
    server->stop();
    auto context = http::serverContext(files);
    http::Server elsewhere(*http::parseListen(fmt::format("127.0.0.2:{}", 0)), *context, router,
                           http::Guard{roles, gate.get()}, silent);
    BOOST_REQUIRE(elsewhere.start());
    auto answer = client(authority.issue("coordinator"), fmt::format("https://127.0.0.2:{}", elsewhere.port()))
                      ->get("/v1/health", deadline);
    BOOST_REQUIRE(!answer);
    BOOST_TEST((answer.error().code == base::ErrorCode::Unreachable));
}

BOOST_FIXTURE_TEST_CASE(a_command_carries_its_epoch_and_body, Agent) {
    auto answer = client(authority.issue("coordinator"))->put("/v1/things/a", {{"x", 1}}, {9, "1/x"}, deadline);
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->body["epoch"] == 9);
    BOOST_TEST(answer->body["got"]["x"] == 1);
}

BOOST_FIXTURE_TEST_CASE(an_error_keeps_its_code_on_the_way_to_the_client, Agent) {
    auto coordinator = client(authority.issue("coordinator"));
    auto answer = coordinator->get("/v1/nothing", deadline);
    BOOST_REQUIRE(!answer);
    BOOST_TEST((answer.error().code == base::ErrorCode::NotFound));
    BOOST_REQUIRE(coordinator->put("/v1/things/a", {}, {9, "1/x"}, deadline));
    auto stale = coordinator->put("/v1/things/a", {}, {8, "1/y"}, deadline);
    BOOST_REQUIRE(!stale);
    BOOST_TEST((stale.error().code == base::ErrorCode::StaleEpoch));
}

BOOST_FIXTURE_TEST_CASE(a_body_that_is_not_json_is_an_error_of_the_caller, Agent) {
    auto identity = authority.issue("coordinator");
    auto outcome = base::runProcess({{"curl",
                                      "--silent",
                                      "--cacert",
                                      identity.ca,
                                      "--cert",
                                      identity.certificate,
                                      "--key",
                                      identity.key,
                                      "-X",
                                      "PUT",
                                      "-d",
                                      "{nonsense",
                                      "-H",
                                      "Standin-Epoch: 1",
                                      "-H",
                                      "Standin-Operation: 1/x",
                                      "-H",
                                      "Standin-Sequence: 1",
                                      "-w",
                                      "%{http_code}",
                                      url + "/v1/things/a"},
                                     "",
                                     20s});
    BOOST_REQUIRE(outcome);
    BOOST_TEST(outcome->output.find("400") != std::string::npos);
    BOOST_TEST(outcome->output.find("invalid_input") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_body_over_the_limit_is_refused, Agent) {
    auto answer =
        client(authority.issue("coordinator"))->put("/v1/things/a", std::string(2 << 20, 'x'), {1, "1/x"}, deadline);
    BOOST_REQUIRE(!answer);
    BOOST_TEST((answer.error().code == base::ErrorCode::InvalidInput), answer.error().message);
    BOOST_TEST(answer.error().message.find("larger than 1048576 bytes") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(connections_on_which_nobody_speaks_keep_nobody_out, Agent) {
    auto context = http::serverContext(files);
    auto settings = *http::parseListen("127.0.0.1:0");
    settings.threads = 4;
    settings.handshake_limit = 200ms;
    http::Server small(settings, *context, router, http::Guard{roles, gate.get()}, silent);
    BOOST_REQUIRE(small.start());
    std::vector<Poco::Net::StreamSocket> mute(12);
    for (auto& socket : mute) socket.connect(Poco::Net::SocketAddress("127.0.0.1", small.port()));
    auto answer = client(authority.issue("coordinator"), fmt::format("https://127.0.0.1:{}", small.port()))
                      ->get("/v1/health", deadline);
    BOOST_TEST(answer.has_value(), (answer ? "" : answer.error().message));
}

BOOST_FIXTURE_TEST_CASE(what_is_no_http_is_answered_with_what_is_wrong, Agent) {
    auto identity = authority.issue("coordinator");
    for (const auto* length : {"Content-Length: many", "Content-Length: -5"}) {
        auto outcome =
            base::runProcess({{"curl", "--silent", "--cacert", identity.ca, "--cert", identity.certificate, "--key",
                               identity.key, "-X", "GET", "-H", length, "-w", "%{http_code}", url + "/v1/nothing"},
                              "",
                              20s});
        BOOST_REQUIRE(outcome);
        BOOST_TEST(outcome->output.find("\"code\":") != std::string::npos, outcome->output);
        BOOST_TEST(outcome->output.find("40") != std::string::npos, outcome->output);
    }
    BOOST_TEST(client(identity)->get("/v1/health", deadline).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_client_goes_on_after_the_agent_was_restarted, Agent) {
    auto coordinator = client(authority.issue("coordinator"));
    BOOST_REQUIRE(coordinator->get("/v1/health", deadline));
    auto port = server->port();
    server.reset();
    auto down = coordinator->get("/v1/health", deadline);
    BOOST_REQUIRE(!down);
    BOOST_TEST((down.error().code == base::ErrorCode::Unreachable));
    auto context = http::serverContext(files);
    server = std::make_unique<http::Server>(*http::parseListen(fmt::format("127.0.0.1:{}", port)), *context, router,
                                            http::Guard{roles, gate.get()}, silent);
    BOOST_REQUIRE(server->start());
    BOOST_TEST(coordinator->get("/v1/health", deadline).has_value());
}

BOOST_FIXTURE_TEST_CASE(an_agent_that_stops_still_answers_who_has_asked_and_waits_for_nobody_else, Agent) {
    std::promise<void> begun;
    router.add("GET", "/v1/slow", [&](const http::Request&) -> base::Result<http::Response> {
        http::Response response;
        response.stream = [&](std::ostream& out, const std::atomic<bool>& stopping) {
            begun.set_value();
            while (!stopping) std::this_thread::sleep_for(1ms);
            out << "{}";
        };
        return response;
    });
    auto asking = client(authority.issue("operator"));
    auto idle = client(authority.issue("coordinator"));
    BOOST_REQUIRE(idle->get("/v1/health", deadline));
    auto slow = std::async(std::launch::async, [&] { return asking->get("/v1/slow", deadline); });
    begun.get_future().wait();
    const auto before = std::chrono::steady_clock::now();
    server->stop();
    BOOST_TEST((std::chrono::steady_clock::now() - before < 4s));  // less than the farewell to those who do not end
    BOOST_TEST(slow.get().has_value());
    BOOST_TEST(!idle->get("/v1/health", deadline));
}

BOOST_FIXTURE_TEST_CASE(health_answers_503_when_a_check_fails, Agent) {
    health.add([](protocol::Health& all) { all.checks.push_back({"libvirt", false, "no socket", "start libvirtd"}); });
    auto answer = client(authority.issue("operator"))->ask("/v1/health", deadline);
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->status == 503);
    auto read = protocol::healthFrom(answer->body);
    BOOST_REQUIRE(read);
    BOOST_TEST(read->checks.at(0).cure == "start libvirtd");
}

BOOST_FIXTURE_TEST_CASE(a_stream_arrives_whole, Agent) {
    std::size_t length = 0;
    auto status = client(authority.issue("vmhost1"))
                      ->stream(
                          "/v1/stream", {},
                          [&](const char*, std::size_t size) {
                              length += size;
                              return true;
                          },
                          deadline);
    BOOST_REQUIRE(status);
    BOOST_TEST(length == 300'000U);
}

BOOST_AUTO_TEST_CASE(metrics_are_rendered_with_their_labels) {
    http::Metrics metrics;
    metrics.count("standin_things_total", "things", {{"kind", "a"}});
    metrics.count("standin_things_total", "things", {{"kind", "a"}});
    metrics.observeSeconds("standin_resume_seconds", "resume", 0.002);
    auto text = metrics.render();
    BOOST_TEST(text.find("standin_things_total{kind=\"a\"} 2") != std::string::npos);
    BOOST_TEST(text.find("standin_resume_seconds_bucket{le=\"0.002\"} 1") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws_is_answered_with_500_and_the_server_goes_on, Agent) {
    const std::vector<std::pair<std::string, std::function<void()>>> kinds{
        {"standard", [] { throw std::out_of_range("map::at"); }},
        {"poco", [] { throw Poco::Net::ConnectionRefusedException("127.0.0.9"); }},
        {"neither", [] { throw 17; }},
        {"bytes",
         [] {
             throw std::runtime_error(
                 "Gr\xFC\xDF"
                 "e");
         }},
    };
    for (const auto& [kind, thrown] : kinds) {
        for (const std::string method : {"GET", "PUT"}) {
            router.add(method, "/v1/" + kind + "/{name}",
                       [thrown = thrown](const http::Request&) -> base::Result<http::Response> {
                           thrown();
                           return http::Response::empty();
                       });
        }
    }
    auto asking = client(authority.issue("coordinator"));
    std::uint64_t sequence = 0;
    for (const auto& [kind, thrown] : kinds) {
        auto answer = asking->ask("/v1/" + kind + "/a", deadline);
        BOOST_REQUIRE(answer);
        BOOST_TEST(answer->status == 500);
        BOOST_TEST(answer->body["code"] == "internal");
        for (int twice = 0; twice < 2; ++twice) {  // the thing is not locked
            auto done = asking->put("/v1/" + kind + "/a", {}, {1, fmt::format("1/{}", ++sequence), sequence}, deadline);
            BOOST_REQUIRE(!done);
            BOOST_TEST((done.error().code == base::ErrorCode::Internal));
        }
    }
    BOOST_TEST(asking->get("/v1/things/a", deadline).has_value());
}

BOOST_FIXTURE_TEST_CASE(bytes_that_are_no_text_get_an_answer_that_is, Agent) {
    auto asking = client(authority.issue("coordinator"));
    for (const char* path :
         {"/v1/things/%FF", "/v1/things/%C0%AF", "/v1/things/%ED%A0%80", "/v1/things/a%00b", "/v1/%E9"}) {
        auto answer = asking->ask(path, deadline);
        BOOST_REQUIRE_MESSAGE(answer, path);  // it was valid JSON
        BOOST_TEST(answer->status < 500);
    }
}

BOOST_FIXTURE_TEST_CASE(a_certificate_with_a_latin_1_name_is_valid_text_to_who_is_asked, Agent) {
    auto answer = client(authority.issue("gr\xC3\xBC\xC3\x9F"
                                         "e",
                                         "Gr\xFC\xDF"
                                         "e"))
                      ->get("/v1/things/a", deadline);
    BOOST_REQUIRE(answer);
    BOOST_TEST((*answer)["peer"] ==
               "Gr\xC3\xBC\xC3\x9F"
               "e");
}

BOOST_AUTO_TEST_SUITE_END()
