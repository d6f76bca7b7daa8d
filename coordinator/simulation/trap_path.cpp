#include "coordinator/simulation/trap_path.hpp"

#include <fmt/format.h>

#include "coordinator/simulation/world/world.hpp"
#include "coordinator/traps/trap_rules.hpp"

namespace standin::simulation {

namespace {

/// A vendor's traps, one for each kind of failure.
constexpr const char* own_rules = R"(rules:
  - {name: recovery, reason: all is well again, oids: [1.3.6.1.4.1.99999.0.1], verdict: not_a_failure}
  - {name: test, reason: a test trap, oids: [1.3.6.1.4.1.99999.0.2], verdict: ignored}
  - {name: processor, reason: a processor has failed, oids: [1.3.6.1.4.1.99999.0.3], verdict: failure, kind: processor}
  - {name: memory, reason: memory has failed, oids: [1.3.6.1.4.1.99999.0.4], verdict: failure, kind: memory}
  - {name: power, reason: the power has failed, oids: [1.3.6.1.4.1.99999.0.5], verdict: failure, kind: power}
)";

const char* oidOf(const std::string& kind) {
    if (kind == "recovery") return "1.3.6.1.4.1.99999.0.1";
    if (kind == "test") return "1.3.6.1.4.1.99999.0.2";
    if (kind == "memory") return "1.3.6.1.4.1.99999.0.4";
    if (kind == "power") return "1.3.6.1.4.1.99999.0.5";
    return kind == "unknown" ? "1.3.6.1.4.1.99999.0.99" : "1.3.6.1.4.1.99999.0.3";
}

std::shared_ptr<const traps::TrapRules> ownRules() {
    static const auto rules = [] {
        auto read = traps::TrapRules::fromText(own_rules, "simulation");
        STANDIN_ASSERT(read.has_value());
        return std::make_shared<const traps::TrapRules>(std::move(*read));
    }();
    return rules;
}

}  // namespace

TrapPath::TrapPath(World& world, Report report)
    : world_(world), report_(std::move(report)), rules_(world.config.rules ? world.config.rules : ownRules()) {
    for (const auto& [name, server] : world.config.inventory.servers) {
        for (const auto& source : server.trap_sources) {
            const auto added = servers_.addAddress(name, source);
            STANDIN_ASSERT(added.has_value());
        }
    }
}

traps::Trap TrapPath::trapOf(const std::string& server, const std::string& kind) const {
    traps::Trap trap;
    const auto& sources = world_.config.inventory.servers.at(base::ServerName(server)).trap_sources;
    trap.source = sources.empty() ? "" : sources.front();
    trap.oid = *traps::Oid::parse(oidOf(kind));
    return trap;
}

void TrapPath::send(traps::Trap trap, VirtualTime delay, bool of_restart) {
    ++under_way_;
    world_.queue.after(delay, [this, trap = std::move(trap), of_restart]() mutable {
        --under_way_;
        trap.arrived_at = world_.clock.wall();
        trap.arrived_steady = world_.clock.steady();
        arrives(trap, of_restart);
    });
}

void TrapPath::sendOfRestart(const std::string& server) {
    for (const auto& [id, operation] : world_.disk.operations) {
        const bool captures =
            operation->kind == domain::OperationKind::Refresh || operation->kind == domain::OperationKind::Backup;
        if (operation->server.text() != server || !captures || domain::isResting(operation->state)) continue;
        send(trapOf(server, "power"), 150ms, true);
        send(trapOf(server, "processor"), 900ms, true);
        send(trapOf(server, "memory"), 4s, true);
        return;
    }
}

void TrapPath::arrives(const traps::Trap& trap, bool of_restart) {
    const auto verdict = traps::classify(trap, *rules_, servers_);
    ++arrived_;
    world_.log.line("trap {} from {}: {}{}{} ({})", arrived_, trap.source, traps::nameOf(verdict.outcome),
                    verdict.server.empty() ? "" : " of ", verdict.server.text(), verdict.reason);
    if (verdict.outcome == traps::Verdict::Outcome::Failure) {
        if (of_restart) {
            world_.invariants.restartReported(verdict.server.text());
        } else {
            world_.invariants.failureReported(verdict.server.text());
        }
        report_({verdict.server, verdict.kind,
                 fmt::format("{} (trap {} from {})", verdict.reason, arrived_, trap.source),
                 fmt::format("trap {}", arrived_), trap.arrived_steady});
    }
    world_.script_marks.happened("trap");
}

}  // namespace standin::simulation
