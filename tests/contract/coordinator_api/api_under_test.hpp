#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "agent/audit/audit_trail.hpp"
#include "agent/base/clock.hpp"
#include "agent/http/health.hpp"
#include "agent/http/metrics.hpp"
#include "agent/http/request_audit.hpp"
#include "agent/protocol/agent_client.hpp"
#include "coordinator/api/coordinator_api_server.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/engine/event_hub.hpp"
#include "coordinator/engine/thread_pool_executor.hpp"
#include "coordinator/journal/sqlite_journal.hpp"
#include "coordinator/traps/degraded_conditions.hpp"
#include "coordinator/traps/trap_log.hpp"
#include "coordinator/traps/trap_tests.hpp"
#include "tests/support/certificates.hpp"

namespace standin::tests {

/// The API over real TLS, with the real engine and journal behind it; its agents are never reachable, so that what is
/// begun stays open, except for an image store with one image of `server01`, `image-1`, which can be deleted. `ada` is
/// operator and confirmer, `grace` operator, `carol` confirmer, `vera` and `prometheus` are viewers.
class ApiUnderTest {
  public:
    /// Without `adopted` its journal is new, and it observes only.
    explicit ApiUnderTest(bool adopted = true);
    ~ApiUnderTest();

    /// A client with a certificate of the CA in the name of `name`.
    std::unique_ptr<protocol::AgentClient> clientOf(const std::string& name);
    protocol::AgentClient::Answer get(const std::string& path);
    protocol::AgentClient::Answer put(const std::string& path, const protocol::Json& body);
    protocol::AgentClient::Answer post(const std::string& path, const protocol::Json& body);
    /// The newest entry of the audit of which `is` says so; waits for it.
    protocol::Json auditEntry(const std::function<bool(const protocol::Json&)>& is);
    /// The error of a request that has to fail.
    base::Error refusalOf(const base::Result<protocol::AgentClient::Answer>& answer);
    base::Result<protocol::AgentClient::Answer> tryPut(const std::string& path, const protocol::Json& body);
    base::Result<protocol::AgentClient::Answer> tryPost(const std::string& path, const protocol::Json& body);

    http::TlsLibrary library;
    CertificateAuthority authority;
    TemporaryDirectory directory;
    base::Log silent{"test", [](base::LogLevel, std::string_view) {}};
    base::SystemClock clock;
    http::Metrics metrics;
    http::HealthChecks health{"coordinator"};
    engine::EventHub hub;
    std::atomic<bool> agents_answer{true};  ///< of their health
    std::unique_ptr<journal::SqliteJournal> journal;
    engine::ThreadPoolExecutor executor;
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<traps::TrapLog> trap_log;
    traps::TrapRules rules;
    traps::ServerDirectory trap_servers;
    std::vector<std::string> told_degraded;
    std::unique_ptr<traps::DegradedConditions> degraded;
    std::unique_ptr<traps::TrapTests> trap_tests;  ///< BMCs accept every request, and no trap comes
    audit::AuditTrail audit_trail;
    http::RequestAudit request_audit{audit_trail, http::RequestAudit::Commands::Refused};
    std::unique_ptr<api::CoordinatorApiServer> server;
    std::string url;

  private:
    std::unique_ptr<protocol::AgentClient> client_;
};

}  // namespace standin::tests
