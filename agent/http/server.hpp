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
    std::string host;         ///< address to listen on
    std::uint16_t port = 0;   ///< 0: any free one, see Server::port()
    std::size_t body_limit = 1U << 20;
    int threads = 64;         ///< one per open connection; more wait in a bounded queue
    std::chrono::milliseconds handshake_limit{5000};  ///< TLS takes milliseconds; a busy host may need a second
    std::chrono::seconds idle_limit{300};  ///< an idle connection is closed; callers that must be fast ask more often than that
};

/// `127.0.0.1:8441`; brackets for IPv6.
base::Result<ServerSettings> parseListen(const std::string& text);

/// What stands before the handlers.
struct Guard {
    std::shared_ptr<const Roles> roles;
    CommandGate* gate = nullptr;  ///< an agent's; null: commands need no stamp
};

/// HTTPS with certificates on both sides. A request whose certificate lacks the role that its route demands is refused. Each request goes through the route table; commands go through the gate if there is one.
class Server {
  public:
    Server(ServerSettings settings, TlsContext tls, const Router& router, Guard guard, base::Log log);
    ~Server();

    base::Result<void> start();
    /// Lets running requests finish within a moment and joins all threads.
    void stop();
    [[nodiscard]] std::uint16_t port() const;

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace standin::http
