// standin-agent: reads its configuration, composes the capabilities that it switches on, serves until it is asked to
// stop.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "agent/agent_configuration.hpp"
#include "agent/audit/audit_file.hpp"
#include "agent/audit/audit_trail.hpp"
#include "agent/base/boundary.hpp"
#include "agent/base/bounded_end.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/readiness.hpp"
#include "agent/base/service_manager.hpp"
#include "agent/http/capability.hpp"
#include "agent/http/health.hpp"
#include "agent/http/metrics.hpp"
#include "agent/http/program.hpp"
#include "agent/http/reloading.hpp"
#include "agent/http/request_audit.hpp"
#include "agent/http/server.hpp"
#include "agent/http/tls_health.hpp"
#include "agent/hypervisor/hypervisor_capability.hpp"
#include "agent/hypervisor/stand_ins/agent_image_source.hpp"
#include "agent/image_store/image_store_capability.hpp"
#include "agent/request_holder/request_holder.hpp"
#include "agent/switch/switch_capability.hpp"

namespace standin {

namespace {

constexpr std::uint64_t least_state_space =
    16U << 20;  // an epoch and small records; less means that nothing can be remembered

constexpr std::chrono::milliseconds follow_every{
    1000};  // how soon a certificate that was taken back gets no answer any more

using Capabilities = std::vector<std::unique_ptr<http::Capability>>;

Capabilities compose(const AgentConfiguration& configuration, const http::TlsContext& client_tls,
                     const base::Clock& clock, http::Metrics& metrics, const base::Log& log) {
    Capabilities capabilities;
    if (const auto& settings = configuration.hypervisor) {
        auto images = std::make_unique<hypervisor::AgentImageSource>(client_tls);
        capabilities.push_back(std::make_unique<hypervisor::HypervisorCapability>(
            *settings, configuration.name, std::move(images), clock, metrics, log));
    }
    if (const auto& settings = configuration.lan_switch) {
        capabilities.push_back(std::make_unique<lan_switch::SwitchCapability>(*settings, clock, metrics, log));
    }
    if (const auto& settings = configuration.image_store) {
        capabilities.push_back(std::make_unique<image_store::ImageStoreCapability>(*settings, clock, metrics, log));
    }
    if (const auto& settings = configuration.request_holder) {
        capabilities.push_back(std::make_unique<request_holder::RequestHolder>(*settings, configuration.name.text(),
                                                                               configuration.state_dir, metrics, log));
    }
    return capabilities;
}

int failed(const base::Log& log, const base::Error& error) {
    log.error("{}", error.message);
    return 1;
}

// Agents with a part in a takeover must be quick after weeks of rest and on a busy host; an image store only moves
// data.
void getReady(const AgentConfiguration& configuration, const base::Log& log) {
    if (const auto locked = base::lockMemory(); !locked) log.notice("{}", locked.error().message);
    if (!configuration.hypervisor && !configuration.lan_switch && !configuration.request_holder) return;
    if (const auto first = base::raisePriority(); !first) log.notice("{}", first.error().message);
}

/// The reports that every agent makes. All of it outlives `health`, `metrics` and `router`.
void addCommonParts(const std::string& state_dir, http::TlsCredentials& credentials, const base::Clock& clock,
                    http::HealthChecks& health, http::Metrics& metrics, http::Router& router) {
    health.add(http::checkClock);
    health.add([&](protocol::Health& now) { http::checkCredentials(now, credentials, clock.wall()); });
    metrics.onRender([&](http::Metrics& now) { http::meterCredentials(now, credentials, clock.wall()); });
    health.add([&](protocol::Health& now) { http::checkSpace(now, "state", state_dir, least_state_space); });
    router.add("GET", "/metrics", [&](const http::Request&) -> base::Result<http::Response> {
        return http::Response{200, "text/plain; version=0.0.4", metrics.render(), {}, {}, {}};
    });
}

base::Result<void> start(const Capabilities& capabilities, http::Router& router, http::HealthChecks& health) {
    for (const auto& capability : capabilities) {
        auto started = capability->start();
        if (!started) {
            return base::failure(
                started.error().within(fmt::format("could not start capability '{}'", capability->name())));
        }
        capability->addRoutes(router);
        health.add([&capability](protocol::Health& now) { capability->checkHealth(now); });
    }
    return {};
}

/// Regular work while the agent serves.
struct Parts {
    http::CommandGate& gate;
    http::HealthChecks& health;
    http::TlsCredentials& credentials;
    http::Server& server;
};

/// Follows certificates, revocation lists and the agent's own health until a signal stops it, and returns its number.
int followUntilStopped(const http::StopSignal& stop_signal, const base::ServiceManager& service_manager,
                       const base::Clock& clock, const Parts& parts, const base::Log& log) {
    // Every part is asked whether it is well: one that hangs keeps this thread, and the service manager starts the
    // agent again.
    const auto look = [&] {
        static_cast<void>(parts.gate.highestEpoch());
        const auto looked = base::contained([&] { static_cast<void>(parts.health.now()); });
        if (!looked) log.error("a look at the agent's health was given up: {}", looked.error().message);
        service_manager.alive();
    };
    const auto every = service_manager.aliveEvery();
    if (every) look();
    auto next_look = clock.steady() + every.value_or(follow_every);
    const auto reload = [&] { http::reloadCredentials(parts.credentials, parts.server, log); };
    return stop_signal.wait(reload, std::min(follow_every, every.value_or(follow_every)), [&] {
        http::followRevocations(parts.credentials, parts.server, log);
        if (!every || clock.steady() < next_look) return;
        look();
        next_look = clock.steady() + *every;
    });
}

int serve(const AgentConfiguration& configuration) {
    const http::StopSignal stop_signal;
    const auto service_manager = base::ServiceManager::ofThisProcess();
    const http::TlsLibrary tls_library;
    const base::SystemClock clock;
    const base::Log log(configuration.name.text());
    getReady(configuration, log);

    std::error_code problem;
    std::filesystem::create_directories(configuration.state_dir, problem);
    auto gate = http::CommandGate::open(configuration.state_dir + "/epoch");
    if (!gate) return failed(log, gate.error());
    auto credentials = http::TlsCredentials::open(configuration.tls);
    if (!credentials) return failed(log, credentials.error());
    auto tls = http::serverContext(*credentials);
    if (!tls) return failed(log, tls.error());
    auto client_tls = http::clientContext(*credentials);
    if (!client_tls) return failed(log, client_tls.error());

    http::Metrics metrics;
    http::HealthChecks health(configuration.name.text());
    http::Router router;
    health.addRoutes(router);
    (*gate)->addRoutes(router);
    addCommonParts(configuration.state_dir, **credentials, clock, health, metrics, router);
    auto capabilities = compose(configuration, *client_tls, clock, metrics, log);
    if (auto started = start(capabilities, router, health); !started) return failed(log, started.error());

    const auto roles = http::Roles::ofAgent(configuration.commanders, configuration.readers);
    audit::AuditFile audit_file(configuration.state_dir + "/audit.log");
    // Nobody's job waits for an audit: health says what is wrong with it, and it is tried again.
    if (const auto opened = audit_file.open(); !opened) log.error("{}", opened.error().message);
    audit::AuditTrail trail(
        clock, [&](const std::vector<audit::Note>& notes) { return audit_file.append(notes); }, log.named("audit"));
    http::RequestAudit request_audit(trail, http::RequestAudit::Commands::All);
    health.add([&](protocol::Health& now) { request_audit.checkHealth(now); });
    trail.add("agent " + configuration.name.text(), "start", "version " STANDIN_VERSION, std::chrono::seconds(1));
    trail.start();
    http::Server server(configuration.listen, *tls, router, {roles, gate->get(), &request_audit}, log);
    auto listening = server.start();
    if (!listening) return failed(log, listening.error());
    log.notice("agent serves at {}:{}", configuration.listen.host, server.port());
    service_manager.ready();
    const int number =
        followUntilStopped(stop_signal, service_manager, clock, {**gate, health, **credentials, server}, log);
    service_manager.stopping();
    base::endWithin(base::longest_end, log);
    log.notice("agent stops (signal {})", number);
    server.stop();
    trail.stop();
    for (auto capability = capabilities.rbegin(); capability != capabilities.rend(); ++capability)
        (*capability)->stop();
    return 0;
}

int verifyAudit(const std::string& path) {
    const auto verified = audit::verifyFiles(path);
    if (!verified) {
        fmt::print(stderr, "{}\n", verified.error().message);
        return 1;
    }
    for (const auto& sentence : verified->breaks()) fmt::print("{}\n", sentence);
    fmt::print("{}\n", verified->summary());
    return verified->breaks().empty() ? 0 : 1;
}

}  // namespace

}  // namespace standin

int main(int count, char** arguments) {
    CLI::App app{
        "Does what the coordinator commands on a VM host, image store, switch or request holder, and answers for its "
        "health.",
        "standin-agent"};
    std::string file = "/etc/standin/agent.yml";
    std::string to_check;
    std::string audit_to_verify;
    app.set_version_flag("--version", "standin-agent " STANDIN_VERSION);
    app.add_option("--config", file, "configuration to serve with")->capture_default_str()->type_name("FILE");
    app.add_option("--check-config", to_check,
                   "read FILE, report everything that is wrong with it, and exit with 0 or 1")
        ->type_name("FILE");
    app.add_option(
           "--verify-audit", audit_to_verify,
           "see whether an agent's audit FILE (audit.log in its state_dir) is as it was written, and exit with 0 or 1")
        ->type_name("FILE");
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (!audit_to_verify.empty()) return standin::verifyAudit(audit_to_verify);
    standin::base::YamlProblems problems;
    auto configuration = standin::readAgentConfiguration(to_check.empty() ? file : to_check, problems);
    for (const auto& line : problems.lines()) fmt::print(stderr, "{}\n", line);
    if (!configuration) return 1;
    if (!to_check.empty()) return 0;
    int result = 1;
    const auto served = standin::base::contained([&] { result = standin::serve(*configuration); });
    if (!served) fmt::print(stderr, "standin-agent ends: {}\n", served.error().message);
    return result;
}
