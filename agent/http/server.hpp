#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "agent/base/log.hpp"
#include "agent/http/command_gate.hpp"
#include "agent/http/roles.hpp"
#include "agent/http/router.hpp"
#include "agent/http/tls.hpp"

namespace standin::http {

struct ServerSettings {
    std::string host;        ///< address to listen on
    std::uint16_t port = 0;  ///< 0: any free one, see Server::port()
    std::size_t body_limit = 1U << 20;
    /// One per running request; idle connections need none. A quarter is reserved for certificates with the right to
    /// command, and any other peer gets a quarter at most. The same number of additional threads serves long answers
    /// (streams, probes).
    int threads = 64;
    std::chrono::milliseconds handshake_limit{5000};  ///< TLS takes milliseconds; a busy host may need a second
    std::chrono::milliseconds request_limit{10'000};  ///< for a request to arrive: head and body, 1 MiB at most
    std::chrono::milliseconds answer_limit{20'000};   ///< for the peer to take an answer; for a stream, each MiB of it
    std::chrono::seconds idle_limit{
        300};  ///< idle connections are closed after this time; time-critical callers send requests more often
};

/// `127.0.0.1:8441`; brackets for IPv6.
base::Result<ServerSettings> parseListen(const std::string& text);

class RequestAudit;

/// What requests pass before the handlers.
struct Guard {
    std::shared_ptr<const Roles> roles;
    CommandGate* gate = nullptr;    ///< an agent's; null: commands need no stamp
    RequestAudit* audit = nullptr;  ///< null: there is no audit
};

/// An HTTPS server with certificates on both sides. Handshake, request and answer have one absolute deadline each, and
/// connections have limits by source and by peer: a client that is slow, silent or opens many connections blocks only
/// itself. A request is refused if its certificate lacks the role that its route demands. Commands pass the gate, if
/// there is one. Clients with the right to command always get a thread.
class Server {
  public:
    Server(ServerSettings settings, TlsContext tls, const Router& router, Guard guard, base::Log log);
    ~Server();

    base::Result<void> start();
    /// Gives running requests a moment to finish and joins all threads.
    void stop();
    /// Closes the connections of clients whose certificates have been revoked.
    void endRevoked();
    [[nodiscard]] std::uint16_t port() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace standin::http
