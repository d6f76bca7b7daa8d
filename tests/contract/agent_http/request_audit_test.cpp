// What an agent keeps of who commanded what, in its file.
#include "agent/http/request_audit.hpp"

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <future>

#include "agent/audit/audit_file.hpp"
#include "agent/http/server.hpp"
#include "agent/protocol/agent_client.hpp"
#include "tests/support/certificates.hpp"

using namespace standin;
using protocol::Json;
using namespace std::chrono_literals;

namespace {

constexpr auto audit_deadline = 10s;

struct AuditedAgent {
    http::TlsLibrary library;
    tests::CertificateAuthority authority;
    tests::TemporaryDirectory directory;
    base::SystemClock clock;
    base::Log silent{"test", [](base::LogLevel, std::string_view) {}};
    audit::AuditFile file{directory / "audit.log"};
    audit::AuditTrail trail{clock, [this](const std::vector<audit::Note>& notes) { return file.append(notes); },
                            silent};
    http::RequestAudit request_audit{trail, http::RequestAudit::Commands::All};
    std::unique_ptr<http::CommandGate> gate = std::move(*http::CommandGate::open(directory / "epoch"));
    http::Router router;
    std::promise<void> streams_may_end;
    std::shared_future<void> end_of_streams = streams_may_end.get_future().share();
    std::unique_ptr<http::Server> server;
    std::string url;

    AuditedAgent() {
        const auto nothing = [](const http::Request&) -> base::Result<http::Response> {
            return http::Response::json(Json::object());
        };
        router.add("GET", "/v1/things", nothing);
        router.add("PUT", "/v1/things/{name}", nothing);
        router.add("GET", "/v1/images/{id}/content", http::Access::Content, nothing);
        router.add("GET", "/v1/images/{id}/blocks", http::Access::Content, [this](const http::Request&) {
            http::Response response;
            response.stream = [end = end_of_streams](std::ostream& out, const std::atomic<bool>&) {
                out << "{}";
                end.wait();
            };
            return base::Result<http::Response>(std::move(response));
        });
        router.add("POST", "/v1/jobs/{job}/probes", http::Access::Probe, nothing);
        trail.start();
        server = std::make_unique<http::Server>(
            *http::parseListen("127.0.0.1:0"), *http::serverContext(authority.issue("agent1")), router,
            http::Guard{http::Roles::ofAgent({"coordinator"}, {"vmhost1"}), gate.get(), &request_audit}, silent);
        BOOST_REQUIRE(server->start());
        url = fmt::format("https://127.0.0.1:{}", server->port());
    }
    ~AuditedAgent() { server->stop(); }

    std::unique_ptr<protocol::AgentClient> client(const std::string& name) {
        auto opened = protocol::AgentClient::open("agent1", url, *http::clientContext(authority.issue(name)));
        BOOST_REQUIRE(opened);
        return std::move(*opened);
    }
    std::vector<Json> entries() {
        trail.settle();
        std::vector<Json> all;
        std::ifstream lines(directory / "audit.log");
        for (std::string line; std::getline(lines, line);) all.push_back(Json::parse(line));
        return all;
    }
    /// Waits for an entry that a connection's own thread writes after the client has gone.
    Json entryOf(const std::string& what) {
        while (true) {
            for (const auto& entry : entries()) {
                if (entry["what"] == what) return entry;
            }
            std::this_thread::yield();
        }
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(request_audit, AuditedAgent)

BOOST_AUTO_TEST_CASE(a_command_is_kept_with_who_gave_it_and_what_came_of_it) {
    auto coordinator = client("coordinator");
    BOOST_REQUIRE(coordinator->put("/v1/things/a", {}, {7, "17/GiveSegment/1", 3}, audit_deadline));
    BOOST_REQUIRE(!coordinator->put("/v1/things/a", {}, {6, "17/GiveSegment/2", 4}, audit_deadline));
    const auto kept = entries();
    BOOST_REQUIRE_EQUAL(kept.size(), 2U);
    BOOST_TEST(kept[0]["who"] == "certificate 'coordinator' (127.0.0.1)");
    BOOST_TEST(kept[0]["what"] == "PUT /v1/things/a (command 17/GiveSegment/1, epoch 7)");
    BOOST_TEST(kept[0]["outcome"] == "answered with status 200");
    BOOST_TEST(kept[1]["outcome"].get<std::string>().find("stale_epoch") != std::string::npos);
    BOOST_TEST(kept[1]["previous"] == kept[0]["hash"]);
}

BOOST_AUTO_TEST_CASE(who_may_not_command_or_read_a_disk_is_kept) {
    BOOST_REQUIRE(!client("vmhost2")->put("/v1/things/a", {}, {7, "x"}, audit_deadline));
    BOOST_REQUIRE(!client("operator")->get("/v1/images/a/content", audit_deadline));
    BOOST_REQUIRE(client("vmhost1")->get("/v1/images/a/content", audit_deadline));
    const auto kept = entries();
    BOOST_REQUIRE_EQUAL(kept.size(), 3U);
    BOOST_TEST(kept[0]["outcome"].get<std::string>().find("needs role 'commanders'") != std::string::npos);
    BOOST_TEST(kept[1]["outcome"].get<std::string>().find("needs role 'readers'") != std::string::npos);
    BOOST_TEST(kept[2]["who"] == "certificate 'vmhost1' (127.0.0.1)");
}

BOOST_AUTO_TEST_CASE(content_is_kept_once_for_who_fetches_it_however_many_requests_that_takes) {
    auto vm_host = client("vmhost1");
    streams_may_end.set_value();
    const auto drop = [](const char*, std::size_t) { return true; };
    for (int from = 0; from < 5; ++from)
        BOOST_REQUIRE(vm_host->stream(fmt::format("/v1/images/a/blocks?from={}", from), {}, drop, audit_deadline));
    BOOST_REQUIRE(vm_host->stream("/v1/images/b/blocks", {}, drop, audit_deadline));
    server->stop();
    trail.stop();
    const auto kept = entries();
    BOOST_REQUIRE_EQUAL(kept.size(), 3U);
    BOOST_TEST(kept[0]["what"] == "GET /v1/images/a/blocks");
    BOOST_TEST(kept[0]["outcome"] == "answered with status 200");
    BOOST_TEST(kept[1]["what"] == "GET /v1/images/b/blocks");
    BOOST_TEST(kept[2]["what"] == "GET /v1/images/a/blocks");
    BOOST_TEST(kept[2]["outcome"].get<std::string>().find("4 more times") != std::string::npos);
}

// Nobody got what there was no thread for.
BOOST_AUTO_TEST_CASE(a_stream_that_was_turned_away_is_kept_as_refused) {
    std::vector<std::thread> fetching;
    for (int i = 0; i < 17; ++i) {
        fetching.emplace_back([one = std::shared_ptr<protocol::AgentClient>(client("vmhost1"))] {
            static_cast<void>(one->stream(
                "/v1/images/a/blocks", {}, [](const char*, std::size_t) { return true; }, 60s));
        });
    }
    const auto is_refused = [](const Json& entry) {
        return entry["outcome"].get<std::string>().find("503") != std::string::npos;
    };
    std::vector<Json> kept;
    while (std::none_of(kept.begin(), kept.end(), is_refused)) kept = entries();
    streams_may_end.set_value();
    for (auto& thread : fetching) thread.join();
    const auto entry = *std::find_if(kept.begin(), kept.end(), is_refused);
    BOOST_TEST(entry["who"] == "certificate 'vmhost1' (127.0.0.1)");
    BOOST_TEST(entry["what"] == "GET /v1/images/a/blocks");
}

BOOST_AUTO_TEST_CASE(a_probe_and_who_may_not_have_one_are_kept) {
    BOOST_REQUIRE(client("coordinator")->post("/v1/jobs/job01/probes", {}, {0, "probe"}, audit_deadline));
    BOOST_REQUIRE(!client("vmhost1")->post("/v1/jobs/job01/probes", {}, {0, "probe"}, audit_deadline));
    const auto kept = entries();
    BOOST_REQUIRE_EQUAL(kept.size(), 2U);
    BOOST_TEST(kept[0]["outcome"] == "answered with status 200");
    BOOST_TEST(kept[1]["outcome"].get<std::string>().find("needs role 'commanders'") != std::string::npos);
}

// A command may be a takeover's: no agent keeps a job down for the sake of its audit.
BOOST_AUTO_TEST_CASE(a_command_is_obeyed_when_its_entry_cannot_be_written_and_health_tells) {
    std::filesystem::create_directory(directory / "audit.log");
    BOOST_REQUIRE(client("coordinator")->put("/v1/things/a", {}, {7, "17/GiveSegment/1", 3}, audit_deadline));
    trail.settle();
    protocol::Health health;
    request_audit.checkHealth(health);
    BOOST_REQUIRE_EQUAL(health.checks.size(), 1U);
    BOOST_TEST(!health.checks[0].ok);
    BOOST_TEST(!health.checks[0].cure.empty());
    std::filesystem::remove(directory / "audit.log");
    trail.stop();
    BOOST_TEST(entries().size() == 1U);
}

BOOST_AUTO_TEST_CASE(questions_that_were_answered_are_not_kept) {
    BOOST_REQUIRE(client("operator")->get("/v1/things", audit_deadline));
    BOOST_TEST(entries().empty());
}

BOOST_AUTO_TEST_CASE(who_has_no_certificate_of_the_ca_is_kept_once_however_often_it_tries) {
    tests::CertificateAuthority foreign;
    auto identity = foreign.issue("coordinator");
    identity.ca = authority.issue("x").ca;
    for (int i = 0; i < 5; ++i) {
        auto stranger = protocol::AgentClient::open("agent1", url, *http::clientContext(identity));
        BOOST_TEST(!(*stranger)->get("/v1/things", audit_deadline).has_value());
    }
    const auto entry = entryOf("TLS handshake");
    BOOST_TEST(entry["who"] == "unknown (127.0.0.1)");
    BOOST_TEST(entry["outcome"].get<std::string>().find("certificate 'coordinator'") != std::string::npos,
               entry.dump());
    BOOST_TEST(entries().size() == 1U);
}

BOOST_AUTO_TEST_CASE(who_speaks_no_tls_is_kept) {
    {
        Poco::Net::StreamSocket plain(Poco::Net::SocketAddress("127.0.0.1", server->port()));
        plain.sendBytes("GET / HTTP/1.1\r\n\r\n", 18);
    }
    BOOST_TEST(entryOf("TLS handshake")["outcome"].get<std::string>().find("refused: ") == 0U);
}

BOOST_AUTO_TEST_CASE(a_path_of_any_bytes_is_one_line_of_the_audit) {
    const auto identity = authority.issue("operator");
    auto opened = client("operator");
    BOOST_REQUIRE(!opened->put("/v1/things/a%0Ab%FF%1B%5B2J", {}, {7, "x"}, audit_deadline));
    server->stop();
    trail.stop();
    const auto verified = audit::verifyFiles(directory / "audit.log");
    BOOST_REQUIRE(verified);
    BOOST_TEST(verified->entries() == 1U);
    BOOST_TEST(verified->breaks().empty());
}

BOOST_AUTO_TEST_SUITE_END()
