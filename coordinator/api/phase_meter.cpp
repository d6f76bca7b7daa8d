#include "coordinator/api/phase_meter.hpp"

#include <algorithm>
#include <chrono>

#include "agent/base/boundary.hpp"
#include "agent/http/metrics.hpp"
#include "coordinator/domain/phases.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/engine/event_hub.hpp"

namespace standin::api {

namespace {

constexpr std::chrono::milliseconds look_for_end_every{500};
constexpr std::size_t most_remembered = 4096;  // more operations than are kept

// The contract's names; finer phases keep their own.
std::string metricNameOf(const std::string& phase) {
    return phase == "fence_port" ? "fence" : phase;
}

}  // namespace

PhaseMeter::PhaseMeter(engine::EventHub& hub, const engine::Engine& engine, http::Metrics& metrics)
    : hub_(hub), engine_(engine), metrics_(metrics) {}

void PhaseMeter::start() {
    worker_.start("phase meter", [this](const auto&) { run(); });
}

void PhaseMeter::run() {
    std::uint64_t last = hub_.last();
    while (!hub_.closed()) {
        std::set<std::uint64_t> changed;
        for (const auto& event : hub_.after(last, 256, look_for_end_every)) {
            last = event.id;
            if (event.type == "state" && event.operation != 0) changed.insert(event.operation);
        }
        for (auto id : changed) static_cast<void>(base::contained([&] { measure(id); }));
    }
}

void PhaseMeter::measure(std::uint64_t id) {
    auto operation = engine_.operation(id);
    if (!operation || !isResting(operation->state)) return;
    auto& measured = measured_[id];
    const bool first = measured == 0;
    const auto attempts = operation->past_attempts.size() + 1;
    if (measured >= attempts) return;
    // An attempt whose rest was over before this thread looked is measured with the next.
    for (; measured + 1 < attempts; ++measured) observe(operation->past_attempts[measured].phases_ms);
    measured = attempts;
    if (measured_.size() > most_remembered) measured_.erase(measured_.begin());
    metrics_.count(
        "standin_operations_total", "operations that came to rest, by kind and outcome",
        {{"kind", std::string(nameOf(operation->kind))}, {"outcome", std::string(nameOf(operation->state))}});
    observe(domain::phasesOf(*operation));
    const auto takeover_ms = domain::takeoverMs(*operation);
    if (!takeover_ms || !(first || operation->new_owner_at >= operation->attempt_from)) return;
    metrics_.observeSeconds("standin_takeover_seconds",
                            "from the arrival of the trap until the segment had a new owner", *takeover_ms / 1000);
}

void PhaseMeter::observe(const std::map<std::string, double>& phases_ms) {
    for (const auto& [phase, duration_ms] : phases_ms) {
        metrics_.observeSeconds("standin_phase_seconds", "duration of each phase of a failover", duration_ms / 1000,
                                {{"phase", metricNameOf(phase)}});
    }
}

void meterEstate(http::Metrics& metrics, const engine::Engine& engine) {
    metrics.onRender([&engine](http::Metrics& now) {
        double ready = 0;
        double maintained = 0;
        double observed = 0;
        const auto adoption = engine.adoption();
        const auto servers = engine.servers();
        for (const auto& server : servers) {
            bool is_ready = server.row && server.row->standin_ready;
            ready += is_ready ? 1 : 0;
            maintained += server.maintenance ? 1 : 0;
            observed += adoption.observes(server.server.name) ? 1 : 0;
            now.set("standin_server_ready", "1 when the server's stand-in is ready", is_ready ? 1 : 0,
                    {{"server", server.server.name.text()}});
        }
        now.set("standin_servers", "servers that are protected", static_cast<double>(servers.size()));
        now.set("standin_servers_ready", "servers whose stand-in is ready", ready);
        now.set("standin_servers_in_maintenance", "servers whose failures start nothing", maintained);
        now.set("standin_servers_observed", "servers that are only observed, because the journal is new", observed);
        const auto spares = engine.spares();
        auto free =
            std::count_if(spares.begin(), spares.end(), [](const auto& spare) { return !spare.lease.has_value(); });
        now.set("standin_spares", "spares of the pool", static_cast<double>(spares.size()));
        now.set("standin_spares_free", "spares that are not leased", static_cast<double>(free));
        for (const auto& agent : engine.agents()) {
            now.set("standin_agent_up", "1 when the agent answers and all its checks are well",
                    agent.reachable && agent.health.ok() ? 1 : 0, {{"agent", agent.name.text()}});
        }
        const auto operations = engine.operations(1000);
        auto open = std::count_if(operations.begin(), operations.end(), [](const auto& one) { return isOpen(one); });
        auto waiting = std::count_if(operations.begin(), operations.end(),
                                     [](const auto& one) { return one.state == domain::State::NeedsOperator; });
        now.set("standin_operations_open", "operations that hold a server", static_cast<double>(open));
        now.set("standin_operations_needing_operator", "operations that wait for the operator",
                static_cast<double>(waiting));
        now.set("standin_epoch", "epoch of this coordinator", static_cast<double>(engine.epoch()));
        now.set("standin_engine_up", "1 when the engine acts", engine.problem().empty() ? 1 : 0);
    });
}

}  // namespace standin::api
