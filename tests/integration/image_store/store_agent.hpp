#pragma once

#include <fmt/format.h>

#include "agent/base/clock.hpp"
#include "agent/http/health.hpp"
#include "agent/http/metrics.hpp"
#include "agent/http/server.hpp"
#include "agent/image_store/image_store_capability.hpp"
#include "agent/protocol/agent_client.hpp"
#include "tests/support/certificates.hpp"
#include "tests/unit/image_store/image_fixture.hpp"

namespace standin::image_store {

inline constexpr auto answer_deadline = std::chrono::seconds(30);

/// An image store's agent with its server on a free port, and the coordinator's connection to it.
struct StoreAgent {
    http::TlsLibrary library;
    tests::CertificateAuthority authority;
    tests::TemporaryDirectory directory;
    base::SystemClock clock;
    ImageStoreSettings settings;
    http::TlsFiles coordinator = authority.issue("coordinator");
    http::TlsFiles identity = authority.issue("store1");
    std::unique_ptr<http::Metrics> metrics;
    std::unique_ptr<http::Router> router;
    std::unique_ptr<http::HealthChecks> health;
    std::unique_ptr<http::CommandGate> gate;
    std::unique_ptr<ImageStoreCapability> capability;
    std::shared_ptr<const http::Roles> roles = http::Roles::ofAgent({"coordinator"}, {"vmhost1"});
    std::unique_ptr<http::Server> server;
    std::unique_ptr<protocol::AgentClient> client;
    int operations = 0;

    StoreAgent() {
        makeDisk(directory / "server01", 100 * block + 512);
        makeDisk(directory / "spare01", 120 * block, 77);
        settings.images_dir = directory / "images";
        settings.least_free_bytes = 0;
        settings.disks = {{disk("server01"), directory / "server01"}, {disk("spare01"), directory / "spare01"}};
        start();
    }
    ~StoreAgent() { stop(); }

    void start(std::uint16_t port = 0) {
        metrics = std::make_unique<http::Metrics>();
        router = std::make_unique<http::Router>();
        health = std::make_unique<http::HealthChecks>("store1");
        health->addRoutes(*router);
        gate = std::move(*http::CommandGate::open(directory / "epoch"));
        capability = std::make_unique<ImageStoreCapability>(settings, clock, *metrics, silent());
        capability->addRoutes(*router);
        health->add([this](protocol::Health& now) { capability->checkHealth(now); });
        auto started = capability->start();
        BOOST_REQUIRE_MESSAGE(started, why(started));
        auto context = http::serverContext(identity);
        BOOST_REQUIRE(context);
        server = std::make_unique<http::Server>(*http::parseListen(fmt::format("127.0.0.1:{}", port)), *context,
                                                *router, http::Guard{roles, gate.get()}, silent());
        auto listening = server->start();
        BOOST_REQUIRE_MESSAGE(listening, why(listening));
        client = connect(coordinator);
    }
    void stop() {
        if (server) server->stop();
        if (capability) capability->stop();
        server.reset();
        capability.reset();
    }
    [[nodiscard]] std::string url() const { return fmt::format("https://127.0.0.1:{}", server->port()); }
    [[nodiscard]] std::unique_ptr<protocol::AgentClient> connect(const http::TlsFiles& files) const {
        auto context = http::clientContext(files);
        BOOST_REQUIRE(context);
        auto opened = protocol::AgentClient::open("store1", url(), *context);
        BOOST_REQUIRE(opened);
        return std::move(*opened);
    }

    base::Result<protocol::AgentClient::Answer> put(const std::string& path, const protocol::Json& body) {
        return client->put(path, body, {1, fmt::format("op/{}", ++operations)}, answer_deadline);
    }
    base::Result<protocol::AgentClient::Answer> remove(const std::string& path) {
        return client->remove(path, {1, fmt::format("op/{}", ++operations)}, answer_deadline);
    }
    protocol::Json settled(const std::string& path) {
        while (true) {
            auto json = client->get(path, answer_deadline);
            BOOST_REQUIRE_MESSAGE(json, why(json));
            auto state = (*json)["state"].get<std::string>();
            if (state != "capturing" && state != "waiting" && state != "restoring" && state != "verifying" &&
                state != "reading")
                return *json;
        }
    }
    void captured(const std::string& id, const std::string& from = "server01") {
        auto begun = put("/v1/images/" + id, {{"disk", from}});
        BOOST_REQUIRE_MESSAGE(begun, why(begun));
        BOOST_REQUIRE(settled("/v1/images/" + id)["state"] == "ready");
    }
    std::string body(const std::string& path, const std::map<std::string, std::string>& headers, int& status) const {
        std::string text;
        auto answer = client->stream(
            path, headers,
            [&](const char* piece, std::size_t length) {
                text.append(piece, length);
                return true;
            },
            answer_deadline);
        status = answer ? *answer : 0;
        return text;
    }
};

}  // namespace standin::image_store
