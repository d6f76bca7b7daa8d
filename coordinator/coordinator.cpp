#include "coordinator/coordinator.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "agent/audit/audit_trail.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/units.hpp"
#include "agent/http/health.hpp"
#include "agent/http/metrics.hpp"
#include "agent/http/reloading.hpp"
#include "agent/http/request_audit.hpp"
#include "agent/http/tls.hpp"
#include "agent/http/tls_health.hpp"
#include "coordinator/api/coordinator_api_server.hpp"
#include "coordinator/api/trap_meter.hpp"
#include "coordinator/composition.hpp"
#include "coordinator/drivers/agent_connections.hpp"
#include "coordinator/drivers/notifiers.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/engine/event_hub.hpp"
#include "coordinator/engine/thread_pool_executor.hpp"
#include "coordinator/journal/sqlite_journal.hpp"
#include "coordinator/trap_reception.hpp"
#include "coordinator/what_if/rehearsal_process.hpp"

namespace standin {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

// The journal of 500 operations takes some MB; below this the next failover may not be journaled.
constexpr std::uint64_t least_state_space = 64U << 20;
// Of the reserve so much is given up at a start on a full disk: for the trap log, the SNMP engine's state and an epoch.
constexpr std::uint64_t least_to_start = 2U << 20;
// Below standinctl's own time limit, so that it still gets the reason.
constexpr std::chrono::seconds longest_rehearsal{12};

http::TlsFiles tlsFilesFrom(const config::Configuration& configuration) {
    const auto& files = configuration.tls;
    http::TlsFiles made{files.ca_file, files.certificate_file, files.key_file, files.crl_file};
    if (!made.crl.empty()) made.crl_memory = configuration.state_dir + "/revocations.pem";
    return made;
}

std::shared_ptr<const http::Roles> rolesFrom(const config::RoleSettings& roles) {
    return http::Roles::ofCoordinator(roles.viewers, roles.operators, roles.confirmers);
}

Result<void> keep(engine::Engine& engine, const std::vector<audit::Note>& notes) {
    std::vector<domain::AuditEntry> entries;
    for (const auto& note : notes) entries.push_back({0, note.at, note.who, note.what, note.outcome});
    return engine.keep(std::move(entries));
}

}  // namespace

// In the order in which they depend on each other; destroyed the other way round.
struct Coordinator::Parts {
    base::SystemClock clock;
    http::Metrics metrics;
    http::HealthChecks health{"coordinator"};
    engine::EventHub hub;
    std::shared_ptr<http::TlsCredentials> credentials;
    std::unique_ptr<drivers::AgentConnections> connections;
    std::shared_ptr<drivers::CommandNotifier> command_notifier;  ///< empty without a command
    std::shared_ptr<drivers::Notifier> notifier;
    std::shared_ptr<base::SpaceReserve> reserve;
    std::unique_ptr<journal::SqliteJournal> journal;
    std::unique_ptr<engine::ThreadPoolExecutor> executor;
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<TrapReception> traps;
    std::unique_ptr<audit::AuditTrail> audit;
    std::unique_ptr<http::RequestAudit> request_audit;
    std::unique_ptr<what_if::RehearsalProcess> rehearsals;
    std::unique_ptr<api::CoordinatorApiServer> api;
};

Coordinator::Coordinator(config::Configuration configuration, base::Log log, base::ServiceManager service_manager)
    : configuration_(std::move(configuration)),
      log_(std::move(log)),
      service_manager_(std::move(service_manager)),
      parts_(std::make_unique<Parts>()) {}

Coordinator::~Coordinator() {
    stop();
}

Result<void> Coordinator::start() {
    for (auto phase :
         {&Coordinator::prepare, &Coordinator::startEngine, &Coordinator::startTraps, &Coordinator::startApi}) {
        if (auto done = (this->*phase)(); !done) return done;
    }
    return {};
}

Result<void> Coordinator::prepare() {
    std::error_code problem;
    std::filesystem::create_directories(configuration_.state_dir, problem);
    if (problem) {
        return failure(ErrorCode::Internal,
                       fmt::format("could not make state_dir '{}': {}", configuration_.state_dir, problem.message()));
    }
    parts_->reserve =
        std::make_shared<base::SpaceReserve>(configuration_.state_dir + "/reserve", configuration_.reserve_bytes);
    // The other files that are written at the start need room, too.
    while (std::filesystem::space(configuration_.state_dir, problem).available < least_to_start && !problem) {
        if (!parts_->reserve->makeRoom()) break;
    }
    parts_->reserve->fill();
    auto credentials = http::TlsCredentials::open(tlsFilesFrom(configuration_));
    if (!credentials) return failure(credentials.error());
    parts_->credentials = std::move(*credentials);
    auto tls = http::clientContext(parts_->credentials);
    if (!tls) return failure(tls.error());
    auto connections = drivers::AgentConnections::open(inventoryFrom(configuration_).agent_urls, *tls);
    if (!connections) return failure(connections.error());
    parts_->connections = std::move(*connections);
    parts_->connections->start();

    parts_->health.add(http::checkClock);
    parts_->health.add([&parts = *parts_](protocol::Health& health) {
        http::checkCredentials(health, *parts.credentials, parts.clock.wall());
    });
    parts_->metrics.onRender([&parts = *parts_](http::Metrics& now) {
        http::meterCredentials(now, *parts.credentials, parts.clock.wall());
    });
    parts_->health.add([this](protocol::Health& health) {
        http::checkSpace(health, "state", configuration_.state_dir, least_state_space);
        checkReserve(health);
    });
    return {};
}

void Coordinator::checkReserve(protocol::Health& health) const {
    const auto reserve = parts_->reserve->status();
    if (reserve.wanted_bytes == 0) return;
    health.checks.push_back({"state reserve", reserve.whole(),
                             fmt::format("{} of {} are kept for takeovers on a full disk",
                                         base::humanBytes(reserve.held_bytes), base::humanBytes(reserve.wanted_bytes)),
                             reserve.whole()
                                 ? ""
                                 : fmt::format("make room at '{}': with a quarter more than what lacks, the reserve "
                                               "is made whole by itself",
                                               configuration_.state_dir)});
}

Result<void> Coordinator::startEngine() {
    auto& notifier = parts_->notifier;
    if (configuration_.notify_command.empty()) {
        notifier = std::make_shared<drivers::LogNotifier>(log_.named("operator"));
    } else {
        parts_->command_notifier =
            std::make_shared<drivers::CommandNotifier>(configuration_.notify_command, log_.named("operator"));
        notifier = parts_->command_notifier;
    }
    parts_->journal = std::make_unique<journal::SqliteJournal>(configuration_.state_dir + "/journal.db",
                                                               journal::History{}, parts_->reserve);
    parts_->executor = std::make_unique<engine::ThreadPoolExecutor>();
    engine::EngineSettings settings;
    settings.alive = [this] { service_manager_.alive(); };
    settings.alive_every = service_manager_.aliveEvery().value_or(std::chrono::milliseconds(0));
    parts_->engine = std::make_unique<engine::Engine>(engine::EngineDependencies{
        inventoryFrom(configuration_), driversFrom(configuration_, *parts_->connections, notifier), *parts_->journal,
        *parts_->executor, parts_->clock, parts_->hub, log_.named("engine"), settings});
    return parts_->engine->start();
}

Result<void> Coordinator::startTraps() {
    auto& parts = *parts_;
    parts.traps = std::make_unique<TrapReception>(configuration_, *parts.engine, *parts.notifier, parts.clock,
                                                  log_.named("traps"));
    if (auto started = parts.traps->start(); !started) return started;
    parts.health.add([&parts](protocol::Health& health) { parts.traps->checkHealth(health); });
    api::meterTraps(parts.metrics, parts.traps->listener(), parts.traps->queue(), parts.traps->intake(),
                    parts.traps->log());
    api::meterTrapPaths(parts.metrics, parts.traps->tests(), parts.traps->refused());
    return {};
}

Result<void> Coordinator::startApi() {
    auto& parts = *parts_;
    auto tls = http::serverContext(parts.credentials);
    if (!tls) return failure(tls.error());
    parts.audit = std::make_unique<audit::AuditTrail>(
        parts.clock, [&engine = *parts.engine](const auto& notes) { return keep(engine, notes); }, log_.named("audit"));
    parts.request_audit = std::make_unique<http::RequestAudit>(*parts.audit, http::RequestAudit::Commands::Refused);
    parts.health.add([&parts](protocol::Health& health) { parts.request_audit->checkHealth(health); });
    parts.audit->start();
    http::ServerSettings settings;
    settings.host = configuration_.listen.host;
    settings.port = configuration_.listen.port;
    parts.rehearsals = std::make_unique<what_if::RehearsalProcess>(
        std::vector<std::string>{"/proc/self/exe", "--rehearse"}, configuration_.text, longest_rehearsal);
    parts.api = std::make_unique<api::CoordinatorApiServer>(
        settings, *tls, rolesFrom(configuration_.roles),
        api::ApiDependencies{*parts.engine, parts.hub, parts.traps->log(), parts.traps->intake().rules(),
                             parts.traps->intake().servers(), parts.traps->degraded(), parts.traps->tests(),
                             parts.health, parts.metrics,
                             [&rehearsals = *parts.rehearsals](const auto& situation, const auto& question) {
                                 return rehearsals.rehearse(situation, question);
                             },
                             parts.request_audit.get()},
        log_.named("api"));
    if (auto started = parts.api->start(); !started) return started;
    if (configuration_.roles.operators.empty())
        log_.warning("nobody may command: the configuration names no certificate under coordinator.roles.operators");
    for (const auto& address : parts.traps->listener().addresses())
        log_.notice("takes traps at {}:{}", address.host, address.port);
    log_.notice("serves at {}:{} in epoch {}", settings.host, parts.api->port(), parts.engine->epoch());
    return {};
}

void Coordinator::reload() {
    http::reloadCredentials(*parts_->credentials, parts_->api->server(), log_);
}

void Coordinator::look() {
    http::followRevocations(*parts_->credentials, parts_->api->server(), log_);
    parts_->traps->keep();
}

void Coordinator::stop() {
    if (parts_->traps) parts_->traps->stop();
    if (parts_->audit) parts_->audit->stop();  // while the engine still takes what has gathered
    if (parts_->engine) parts_->engine->stop();
    // Once nothing is decided any more: what a broken connection means is for the next start to find out.
    if (parts_->connections) parts_->connections->breakOff();
    if (parts_->api) parts_->api->stop();
    if (parts_->executor) parts_->executor->stop();
    if (parts_->command_notifier) parts_->command_notifier->stop();
    if (parts_->connections) parts_->connections->stop();
}

}  // namespace standin
