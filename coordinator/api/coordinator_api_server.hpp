#pragma once

#include <cstdint>
#include <memory>

#include "agent/base/log.hpp"
#include "agent/http/server.hpp"
#include "coordinator/api/plan_routes.hpp"

namespace standin::engine {
class Engine;
class EventHub;
}  // namespace standin::engine
namespace standin::http {
class HealthChecks;
class Metrics;
class RequestAudit;
}  // namespace standin::http
namespace standin::traps {
class DegradedConditions;
class ServerDirectory;
class TrapLog;
class TrapTests;
struct TrapRules;
}  // namespace standin::traps

namespace standin::api {

/// The objects that the API shows and commands; all outlive it.
struct ApiDependencies {
    engine::Engine& engine;
    engine::EventHub& hub;
    traps::TrapLog& trap_log;
    const traps::TrapRules& rules;
    const traps::ServerDirectory& trap_servers;
    traps::DegradedConditions& degraded;
    traps::TrapTests& trap_tests;
    http::HealthChecks& health;
    http::Metrics& metrics;
    Rehearse rehearse;
    http::RequestAudit* audit = nullptr;  ///< null: refusals are not kept
};

/// The coordinator's HTTPS API (README.md in this directory). Clients without a certificate of this CA are rejected in
/// the TLS handshake; a certificate without a role gets 403 and nothing else.
class CoordinatorApiServer {
  public:
    CoordinatorApiServer(const http::ServerSettings& settings, http::TlsContext tls,
                         std::shared_ptr<const http::Roles> roles, const ApiDependencies& dependencies, base::Log log);
    ~CoordinatorApiServer();

    base::Result<void> start();
    /// Idempotent.
    void stop();
    [[nodiscard]] std::uint16_t port() const;
    /// What there is to ask for, and what each route demands.
    [[nodiscard]] const std::vector<http::Route>& routes() const;
    [[nodiscard]] http::Server& server();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace standin::api
