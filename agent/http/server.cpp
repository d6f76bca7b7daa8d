#include "agent/http/server.hpp"

#include <Poco/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "agent/base/number.hpp"
#include "agent/http/exchange.hpp"
#include "agent/http/front_door.hpp"
#include "agent/http/peer.hpp"
#include "agent/http/request_audit.hpp"
#include "agent/http/tls_handshake.hpp"
#include "agent/http/work_crew.hpp"

namespace standin::http {

using base::ErrorCode;
using base::failure;

namespace {

// A handler that answers within a moment still does; one that takes longer is interrupted, because a program ends
// within 5 s.
constexpr std::chrono::seconds farewell{2};

WorkCrew::Limits crewOf(const ServerSettings& settings, std::size_t ready) {
    const auto threads = static_cast<std::size_t>(std::max(settings.threads, 2));
    const auto quarter = std::max<std::size_t>(threads / 4, 1);
    return {threads, quarter, quarter, ready};
}

FrontDoor::Limits doorOf(const ServerSettings& settings) {
    FrontDoor::Limits limits;
    limits.handshake = settings.handshake_limit;
    limits.idle = settings.idle_limit;
    return limits;
}

bool comesFirst(const Roles& roles, const PeerName& peer) {
    const auto grants = roles.grantsOf(peer);
    return grants.may(Access::Command) || grants.may(Access::Confirm);
}

}  // namespace

base::Result<ServerSettings> parseListen(const std::string& text) {
    auto colon = text.rfind(':');
    ServerSettings settings;
    if (colon != std::string::npos) {
        settings.host = text.substr(0, colon);
        if (settings.host.size() > 2 && settings.host.front() == '[' && settings.host.back() == ']') {
            settings.host = settings.host.substr(1, settings.host.size() - 2);
        }
        const auto port = base::parseNumber<std::uint16_t>(text.substr(colon + 1));
        if (port && !settings.host.empty()) {
            settings.port = *port;
            return settings;
        }
    }
    return failure(ErrorCode::InvalidInput,
                   fmt::format("'{}' is not an address and port, as in '127.0.0.1:8441'", text));
}

// In the order in which they depend on each other.
struct Server::Impl {
    Impl(ServerSettings its, TlsContext tls, const Router& router, const Guard& guard, const base::Log& its_log)
        : settings(std::move(its)),
          requests(crewOf(settings, 4)),  // those of a takeover find a thread that is there already
          streams(crewOf(settings, 0)),
          exchange({settings.body_limit, settings.request_limit, settings.answer_limit}, router, guard, streams,
                   stopping, its_log),
          credentials(credentialsOf(tls->sslContext())),
          log(its_log),
          door(
              doorOf(settings), std::move(tls),
              [roles = guard.roles](const PeerName& peer) { return comesFirst(*roles, peer); },
              [this](auto connection) { ask(connection); }, its_log) {
        exchange.returnTo(door);
        if (auto* audit = guard.audit) {
            door.tellOfRefused(
                [audit](const std::string& source, const std::string& why) { audit->handshakeFailed(source, why); });
        }
    }

    void ask(const FrontDoor::ConnectionPtr& connection) {
        const bool taken = requests.post(
            {connection->peer.text, connection->comes_first, [this, connection] { exchange.serve(connection); }});
        if (!taken) door.close(connection);
    }

    const ServerSettings settings;
    std::atomic<bool> stopping{false};
    WorkCrew requests;
    WorkCrew streams;
    Exchange exchange;
    const std::shared_ptr<TlsCredentials> credentials;
    const base::Log log;
    FrontDoor door;
    bool open = false;
};

Server::Server(ServerSettings settings, TlsContext tls, const Router& router, Guard guard, base::Log log)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(tls), router, guard, log)) {}

Server::~Server() {
    stop();
}

base::Result<void> Server::start() {
    const auto& settings = impl_->settings;
    try {
        impl_->door.open(settings.host, settings.port);
        impl_->open = true;
        return {};
    } catch (const Poco::Exception& exception) {
        return failure(ErrorCode::Internal,
                       fmt::format("could not listen on {}:{}: {}; is the port taken or the address not this host's?",
                                   settings.host, settings.port, exception.displayText()));
    }
}

void Server::stop() {
    if (!impl_->open) return;
    impl_->open = false;
    impl_->stopping = true;
    impl_->door.shut();
    if (!impl_->door.awaitEnd(farewell)) impl_->door.breakOffAll();
    impl_->requests.stop();
    impl_->streams.stop();
}

void Server::endRevoked() {
    const auto list = impl_->credentials ? impl_->credentials->revocations() : nullptr;
    if (!list) return;
    const auto ended = impl_->door.endThose([&](const X509* certificate) { return list->revokes(certificate); });
    if (ended > 0) impl_->log.notice("{} connections ended: their certificates are revoked", ended);
}

std::uint16_t Server::port() const {
    return impl_->open ? impl_->door.port() : impl_->settings.port;
}

}  // namespace standin::http
