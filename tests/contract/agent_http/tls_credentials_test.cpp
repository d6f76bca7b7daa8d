// Certificates that are revoked, renewed, near their end, or not what they should be, over real TLS on both sides.
#include "agent/http/tls_credentials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <future>

#include "agent/base/durable_file.hpp"
#include "agent/base/process.hpp"
#include "agent/http/metrics.hpp"
#include "agent/http/reloading.hpp"
#include "agent/http/server.hpp"
#include "agent/http/tls_health.hpp"
#include "agent/protocol/agent_client.hpp"
#include "tests/support/certificates.hpp"

using namespace standin;
using namespace std::chrono_literals;

namespace {

constexpr auto tls_deadline = 10s;

protocol::HealthCheck checkNamed(const protocol::Health& health, const std::string& name) {
    for (const auto& check : health.checks) {
        if (check.name == name) return check;
    }
    BOOST_FAIL("there is no check '" << name << "'");
    return {};
}

struct Site {
    http::TlsLibrary library;
    tests::CertificateAuthority authority;
    tests::TemporaryDirectory directory;
    base::SystemClock clock;
    base::Log silent{"test", [](base::LogLevel, std::string_view) {}};

    http::TlsFiles withList(http::TlsFiles files) {
        files.crl = directory / "list.pem";
        files.crl_memory = directory / "kept.pem";
        return files;
    }
    std::shared_ptr<http::TlsCredentials> open(const http::TlsFiles& files) {
        auto opened = http::TlsCredentials::open(files);
        BOOST_REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message));
        return *opened;
    }
    protocol::Health healthOf(const http::TlsCredentials& credentials, base::WallTime now) {
        protocol::Health health;
        http::checkCredentials(health, credentials, now);
        return health;
    }
};

/// An agent with a revocation list, which is empty at first.
struct AgentWithList : Site {
    std::shared_ptr<http::TlsCredentials> credentials;
    http::Router router;
    std::promise<void> streams;
    std::unique_ptr<http::Server> server;
    std::string url;

    AgentWithList() {
        authority.listTo(directory / "list.pem", 60s);
        credentials = open(withList(authority.issue("agent1")));
        router.add("GET", "/v1/thing", [](const http::Request& request) -> base::Result<http::Response> {
            return http::Response::json({{"peer", request.peer}});
        });
        router.add("GET", "/v1/endless", [this](const http::Request&) -> base::Result<http::Response> {
            http::Response response;
            response.stream = [this](std::ostream& out, const std::atomic<bool>& stopping) {
                out << std::string(1000, 'x') << std::flush;
                streams.set_value();
                while (out && !stopping) out << std::string(1000, 'x') << std::flush;
            };
            return response;
        });
        server = std::make_unique<http::Server>(*http::parseListen("127.0.0.1:0"), *http::serverContext(credentials),
                                                router, http::Guard{http::Roles::ofAgent({"coordinator"}, {})}, silent);
        BOOST_REQUIRE(server->start());
        url = fmt::format("https://127.0.0.1:{}", server->port());
    }
    ~AgentWithList() { server->stop(); }

    std::unique_ptr<protocol::AgentClient> client(http::TlsContext context) {
        auto opened = protocol::AgentClient::open("agent1", url, std::move(context));
        BOOST_REQUIRE(opened);
        return std::move(*opened);
    }
    std::unique_ptr<protocol::AgentClient> client(const std::string& name) {
        return client(*http::clientContext(authority.issue(name)));
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_credentials)

BOOST_FIXTURE_TEST_CASE(a_revoked_certificate_gets_no_answer_without_a_restart, AgentWithList) {
    auto eve = client("eve");
    BOOST_REQUIRE(eve->get("/v1/thing", tls_deadline));
    auto ada = client("ada");
    BOOST_REQUIRE(ada->get("/v1/thing", tls_deadline));
    authority.revoke("eve");
    authority.listTo(directory / "list.pem");
    http::followRevocations(*credentials, *server, silent);
    BOOST_TEST(
        !eve->get("/v1/thing", tls_deadline).has_value());  // neither on the connection that stood, nor on a new one
    auto again = protocol::AgentClient::open("agent1", url, *http::clientContext(Site::authority.issue("grace")));
    BOOST_TEST((*again)->get("/v1/thing", tls_deadline).has_value());
    BOOST_TEST(ada->get("/v1/thing", tls_deadline).has_value());
    BOOST_TEST(credentials->revocations()->count() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_revoked_client_is_refused_on_the_connection_that_stands, AgentWithList) {
    auto eve = client("eve");
    BOOST_REQUIRE(eve->get("/v1/thing", tls_deadline));
    auto reading = std::async(std::launch::async, [&] {
        return eve->stream(
            "/v1/endless", {}, [](const char*, std::size_t) { return true; }, tls_deadline);
    });
    streams.get_future().wait();
    authority.revoke("eve");
    authority.listTo(directory / "list.pem");
    http::followRevocations(*credentials, *server, silent);
    BOOST_TEST((reading.wait_for(tls_deadline) == std::future_status::ready));  // it would go on for ever otherwise
}

BOOST_FIXTURE_TEST_CASE(a_client_asks_nothing_of_an_agent_whose_certificate_is_revoked, AgentWithList) {
    tests::writeFile(directory / "clients.pem", *base::readWhole(directory / "list.pem"));
    auto files = authority.issue("coordinator");
    files.crl = directory / "clients.pem";
    auto identity = open(files);
    auto coordinator = client(*http::clientContext(identity));
    BOOST_REQUIRE(coordinator->get("/v1/thing", tls_deadline));
    authority.revoke("agent1");
    authority.listTo(directory / "clients.pem");
    BOOST_TEST(identity->reloadChangedList());
    auto refused = coordinator->get("/v1/thing", tls_deadline);  // a connection is kept, and must not be used
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == base::ErrorCode::Unreachable), refused.error().message);
}

BOOST_FIXTURE_TEST_CASE(a_list_that_was_not_changed_is_not_read_again, AgentWithList) {
    const auto generation = credentials->generation();
    BOOST_TEST(!credentials->reloadChangedList());
    BOOST_TEST(credentials->generation() == generation);
    authority.listTo(directory / "list.pem");
    BOOST_TEST(credentials->reloadChangedList());
    BOOST_TEST(!credentials->reloadChangedList());
}

BOOST_FIXTURE_TEST_CASE(a_list_that_cannot_be_used_leaves_the_one_before_in_force, AgentWithList) {
    authority.revoke("agent1");
    authority.listTo(directory / "list.pem");
    BOOST_REQUIRE(credentials->reloadChangedList());
    BOOST_REQUIRE(credentials->isRevoked(credentials->material()->chain.front().get()));
    const auto good = *base::readWhole(directory / "list.pem");
    tests::CertificateAuthority other;
    other.listTo(directory / "others.pem");
    auto damaged = good;
    damaged[damaged.size() / 2] = damaged[damaged.size() / 2] == 'A' ? 'B' : 'A';
    authority.listTo(directory / "older.pem", 3600s);
    const std::vector<std::pair<std::string, std::string>> bad{
        {"", "holds no PEM revocation list"},
        {"nonsense\n", "holds no PEM revocation list"},
        {good.substr(0, good.size() / 2), "damaged"},
        {damaged, ""},
        {*base::readWhole(directory / "others.pem"), "none of the trusted CAs has signed"},
        {*base::readWhole(directory / "older.pem"), "older than the one in force"},
    };
    for (const auto& [content, why] : bad) {
        tests::writeFile(directory / "list.pem", content);
        BOOST_TEST(credentials->reloadChangedList());
        BOOST_TEST(credentials->problems().revocations.find(why) != std::string::npos,
                   credentials->problems().revocations);
        BOOST_TEST(credentials->isRevoked(credentials->material()->chain.front().get()));
        const auto check = checkNamed(healthOf(*credentials, clock.wall()), "revocations");
        BOOST_TEST(!check.ok);
        BOOST_TEST(check.detail.find("the one before is in force") != std::string::npos, check.detail);
        BOOST_TEST(!check.cure.empty());
    }
    std::filesystem::remove(directory / "list.pem");
    BOOST_TEST(credentials->reloadChangedList());
    BOOST_TEST(credentials->problems().revocations.find("cannot be read") != std::string::npos);
    tests::writeFile(directory / "list.pem", good);
    BOOST_TEST(credentials->reloadChangedList());
    BOOST_TEST(checkNamed(healthOf(*credentials, clock.wall()), "revocations").ok);
}

BOOST_FIXTURE_TEST_CASE(the_last_good_list_outlives_the_program, Site) {
    auto files = withList(authority.issue("agent1"));
    authority.revoke("agent1");
    authority.listTo(files.crl);
    BOOST_TEST(open(files)->revocations()->count() == 1U);
    std::filesystem::remove(files.crl);
    auto later = open(files);
    BOOST_TEST(later->isRevoked(later->material()->chain.front().get()));
    BOOST_TEST(!checkNamed(healthOf(*later, clock.wall()), "revocations").ok);
    // Without one that was ever good nobody can say who is revoked: the program does not start, and says why.
    std::filesystem::remove(files.crl_memory);
    auto never = http::TlsCredentials::open(files);
    BOOST_REQUIRE(!never);
    BOOST_TEST(never.error().message.find(files.crl) != std::string::npos, never.error().message);
}

BOOST_FIXTURE_TEST_CASE(a_list_that_is_due_still_counts_and_health_says_so, AgentWithList) {
    authority.revoke("agent1");
    authority.listTo(directory / "list.pem", 30s, 36h);
    BOOST_REQUIRE(credentials->reloadChangedList());
    const auto now = clock.wall();
    BOOST_TEST(checkNamed(healthOf(*credentials, now), "revocations").ok);
    BOOST_TEST(healthOf(*credentials, now).warnings.empty());
    BOOST_TEST(healthOf(*credentials, now + 20h).warnings.size() == 1U);
    const auto late = checkNamed(healthOf(*credentials, now + 37h), "revocations");
    BOOST_TEST(!late.ok);
    BOOST_TEST(late.detail.find("what was revoked since is not known") != std::string::npos, late.detail);
    BOOST_TEST(credentials->isRevoked(credentials->material()->chain.front().get()));
}

BOOST_FIXTURE_TEST_CASE(a_certificate_near_its_end_is_a_warning_and_then_a_failure, Site) {
    const auto credentials = open(authority.issue("agent1", 90));
    const auto now = clock.wall();
    const auto at = [&](int days) { return healthOf(*credentials, now + std::chrono::hours(24 * days)); };
    BOOST_TEST(checkNamed(at(0), "certificate").ok);
    BOOST_TEST(at(59).warnings.empty());
    BOOST_TEST(checkNamed(at(61), "certificate").ok);
    BOOST_TEST(at(61).warnings.size() == 1U);
    BOOST_TEST(checkNamed(at(82), "certificate").ok);
    for (const int days : {84, 89, 91}) {
        const auto check = checkNamed(at(days), "certificate");
        BOOST_TEST(!check.ok, days);
        BOOST_TEST(check.cure.find("site.yml") != std::string::npos);
    }
    http::Metrics metrics;
    http::meterCredentials(metrics, *credentials, now + 80 * 24h);
    const auto text = metrics.render();
    BOOST_TEST(text.find("standin_certificate_expiry_seconds{certificate=\"own\"} 8") != std::string::npos, text);
    BOOST_TEST(text.find("standin_certificate_expiry_seconds{certificate=\"ca\"}") != std::string::npos, text);
}

BOOST_FIXTURE_TEST_CASE(the_cas_end_counts_as_the_certificates_own, Site) {
    const auto credentials = open(authority.issue("agent1", 3000));
    const auto check = checkNamed(healthOf(*credentials, clock.wall() + std::chrono::hours(24 * 360)), "certificate");
    BOOST_TEST(!check.ok);
    BOOST_TEST(check.cure.find("CA 'test CA'") != std::string::npos, check.cure);
}

BOOST_FIXTURE_TEST_CASE(a_new_certificate_is_shown_after_a_reload_and_running_requests_go_on, AgentWithList) {
    auto ada = client("ada");
    BOOST_REQUIRE(ada->get("/v1/thing", tls_deadline));
    std::atomic<bool> enough{false};
    std::atomic<std::size_t> after{0};
    std::atomic<bool> reloaded{false};
    auto reading = std::async(std::launch::async, [&] {
        return ada->stream(
            "/v1/endless", {},
            [&](const char*, std::size_t) {
                if (reloaded) ++after;
                return !enough;
            },
            tls_deadline);
    });
    streams.get_future().wait();
    const auto before = X509_get0_notAfter(credentials->material()->chain.front().get());
    const auto old_end = http::momentOf(before);
    authority.issue("agent1", 200);
    http::reloadCredentials(*credentials, *server, silent);
    reloaded = true;
    BOOST_TEST((http::momentOf(X509_get0_notAfter(credentials->material()->chain.front().get())) > old_end));
    while (after < 100) std::this_thread::yield();  // the stream goes on
    enough = true;
    BOOST_TEST(reading.get().has_value());
    const auto grace = authority.issue("grace");
    const auto shown = base::runProcess({{"openssl", "s_client", "-connect", url.substr(url.rfind('/') + 1), "-cert",
                                          grace.certificate, "-key", grace.key, "-CAfile", grace.ca},
                                         "",
                                         20s});
    BOOST_REQUIRE(shown);
    const auto text = *base::readWhole(credentials->files().certificate);
    BOOST_TEST(shown->output.find(text.substr(0, text.find("-----END"))) != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_new_certificate_without_its_key_leaves_the_old_one_in_force, AgentWithList) {
    tests::writeFile(credentials->files().certificate, *base::readWhole(authority.issue("other").certificate));
    BOOST_TEST(!credentials->reload().has_value());
    const auto check = checkNamed(healthOf(*credentials, clock.wall()), "certificate");
    BOOST_TEST(!check.ok);
    BOOST_TEST(check.detail.find("does not belong to key") != std::string::npos, check.detail);
    BOOST_TEST(client("ada")->get("/v1/thing", tls_deadline).has_value());
    authority.issue("agent1");
    BOOST_TEST(credentials->reload().has_value());
    BOOST_TEST(checkNamed(healthOf(*credentials, clock.wall()), "certificate").ok);
}

BOOST_FIXTURE_TEST_CASE(a_certificate_of_a_ca_of_the_same_name_is_not_revoked_by_the_others_number, Site) {
    tests::CertificateAuthority other;  // has the same name
    auto files = authority.issue("agent1");
    auto foreign = other.issue("agent1");
    const auto bundle = *base::readWhole(files.ca) + *base::readWhole(foreign.ca);
    tests::writeFile(directory / "both.crt", bundle);
    authority.revoke("agent1");
    authority.listTo(directory / "list.pem");
    files.ca = directory / "both.crt";
    files.crl = directory / "list.pem";
    const auto credentials = open(files);
    BOOST_TEST(credentials->isRevoked(credentials->material()->chain.front().get()));
    const auto theirs = std::move(http::readCertificates(foreign.certificate).value());
    BOOST_TEST(!credentials->isRevoked(theirs.front().get()));
    BOOST_TEST(healthOf(*credentials, clock.wall()).warnings.size() == 1U);  // the other CA has no list
}

BOOST_AUTO_TEST_SUITE_END()
