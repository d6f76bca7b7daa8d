#pragma once

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <string>

#include "agent/http/client_connection.hpp"
#include "agent/http/roles.hpp"
#include "agent/http/server.hpp"
#include "agent/protocol/agent_client.hpp"
#include "tests/support/certificates.hpp"

namespace standin::tests {

/// A server with a short route, a command and streams, whose commander is `coordinator`.
struct AgentUnderTest {
    http::TlsLibrary library;
    CertificateAuthority authority;
    TemporaryDirectory directory;
    base::Log silent{"test", [](base::LogLevel, std::string_view) {}};
    std::unique_ptr<http::CommandGate> gate = std::move(*http::CommandGate::open(directory / "epoch"));
    http::TlsFiles commander = authority.issue("coordinator");
    http::TlsFiles viewer = authority.issue("viewer");
    http::TlsFiles agent = authority.issue("agent1");
    http::Router router;
    http::ServerSettings settings = *http::parseListen("127.0.0.1:0");
    std::unique_ptr<http::Server> server;
    http::AddressBook book;

    AgentUnderTest() {
        router.add("GET", "/v1/thing", [](const http::Request&) -> base::Result<http::Response> {
            return http::Response::json({{"name", "thing"}});
        });
        router.add("PUT", "/v1/thing", [](const http::Request&) -> base::Result<http::Response> {
            return http::Response::json({{"done", true}});
        });
    }
    void start() {
        server =
            std::make_unique<http::Server>(settings, *http::serverContext(agent), router,
                                           http::Guard{http::Roles::ofAgent({"coordinator"}, {}), gate.get()}, silent);
        BOOST_REQUIRE(server->start());
    }
    [[nodiscard]] std::string url() const { return fmt::format("https://127.0.0.1:{}", server->port()); }
    [[nodiscard]] std::unique_ptr<protocol::AgentClient> client(const http::TlsFiles& identity) const {
        auto opened = protocol::AgentClient::open("agent1", url(), *http::clientContext(identity));
        BOOST_REQUIRE(opened);
        return std::move(*opened);
    }
    /// A connection on which nothing is asked yet.
    std::unique_ptr<http::ClientConnection> connect(const http::TlsFiles& identity) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        auto connection =
            http::ClientConnection::open(*http::Endpoint::parse(url()), *http::clientContext(identity), book, until);
        connection->setDeadline(until);
        return connection;
    }
};

}  // namespace standin::tests
