#include "coordinator/what_if/rehearsal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "coordinator/domain/phases.hpp"
#include "coordinator/simulation/simulation.hpp"
#include "coordinator/what_if/rehearsal_setup.hpp"

namespace standin::what_if {

using base::ErrorCode;
using base::failure;
using base::Result;
using base::ServerName;
using simulation::Simulation;

namespace {

/// Longer than a restore may take: what has not ended by then would not end.
constexpr std::chrono::hours longest_rehearsal{24};

struct Targets {
    std::vector<ServerName> servers;  ///< in the order of their names, each once
    std::set<base::SpareName> spares;
    std::set<base::AgentName> vm_hosts;
};

template <typename Known, typename Name>
Result<void> mustBeKnown(const Known& known, const Name& name, const char* noun) {
    if (known.count(name) > 0) return {};
    return failure(ErrorCode::NotFound, fmt::format("{} '{}' is not configured", noun, name.text()));
}

Result<Targets> targetsOf(const Situation& situation, const ServerName& server, const Failures& failures) {
    const auto& inventory = situation.inventory;
    std::set<ServerName> servers(failures.servers.begin(), failures.servers.end());
    if (!server.empty()) servers.insert(server);
    for (const auto& rack : failures.racks) {
        const auto before = servers.size();
        for (const auto& [name, its] : inventory.servers) {
            if (its.rack == rack) servers.insert(name);
        }
        if (servers.size() == before)
            return failure(ErrorCode::NotFound, fmt::format("no server is in rack '{}'", rack));
    }
    std::set<base::AgentName> hosts;
    for (const auto& [name, its] : inventory.servers) hosts.insert(its.vm_host);
    for (const auto& name : servers) {
        if (auto known = mustBeKnown(inventory.servers, name, "server"); !known) return failure(known.error());
    }
    for (const auto& name : failures.spares) {
        if (auto known = mustBeKnown(inventory.spares, name, "spare"); !known) return failure(known.error());
    }
    for (const auto& name : failures.vm_hosts) {
        if (auto known = mustBeKnown(hosts, name, "VM host"); !known) return failure(known.error());
    }
    for (const auto& name : servers) {
        if (auto busy = situation.busy.find(name); busy != situation.busy.end())
            return failure(ErrorCode::WrongState,
                           fmt::format("operation {} of server '{}' is under way; plan again once it has ended",
                                       busy->second, name.text()));
    }
    return Targets{{servers.begin(), servers.end()},
                   {failures.spares.begin(), failures.spares.end()},
                   {failures.vm_hosts.begin(), failures.vm_hosts.end()}};
}

simulation::Script scriptOf(const Targets& targets) {
    std::string text;
    for (const auto& spare : targets.spares) {
        // Dead as a server can be: it can't be switched, written or booted.
        text += fmt::format("at 0s: bmc {0} dead\nat 0s: disk {0} refuses\nat 0s: boot {0} never\n", spare.text());
    }
    for (const auto& host : targets.vm_hosts) text += fmt::format("at 0s: vm-host {} dies\n", host.text());
    for (const auto& server : targets.servers) text += fmt::format("at 0s: fail {} trap=no\n", server.text());
    auto script = simulation::scriptFrom(text);
    STANDIN_ASSERT(script.has_value());
    return *script;
}

/// One play.
class Rehearsal {
  public:
    Rehearsal(const Situation& situation, const Targets& targets, const ServerName& subject)
        : situation_(situation),
          targets_(targets),
          durations_(situation.durations),
          simulation_(rehearsalSetup(situation, durations_, subject), Simulation::Log::Off) {}

    Result<Plan> play() {
        if (auto played = simulation_.play(scriptOf(targets_)); !played) return failure(played.error());
        simulation_.later(simulation::VirtualTime(1000), [this] { report(); });
        const auto ending = simulation_.run(longest_rehearsal);
        if (!ending.stable) plan_.remarks.push_back("not everything comes to rest within a day");
        for (const auto& server : targets_.servers) plan_.failovers.push_back(progressOf(server));
        findServersWithout();
        findSparesLeft();
        findHosts();
        addRemarks();
        return std::move(plan_);
    }

  private:
    /// The report of an operator, not a trap: what a trap means is for `trap explain`.
    void report() {
        for (const auto& server : targets_.servers) {
            simulation_.world.invariants.failureReported(server.text());
            simulation_.leader().take(
                engine::ReportInput{{server, "planned", "planned", "plan", simulation_.world.clock.steady()},
                                    [this, server](const Result<engine::Engine::ReportOutcome>& outcome) {
                                        if (outcome) outcomes_[server] = *outcome;
                                    }});
        }
    }

    [[nodiscard]] PlannedFailover progressOf(const ServerName& server) {
        PlannedFailover progress;
        progress.server = server;
        const auto outcome = outcomes_.find(server);
        progress.begins =
            outcome != outcomes_.end() && outcome->second.kind == engine::Engine::ReportOutcome::Kind::Opened;
        if (auto executor = executorOf(server); !executor.empty()) progress.runs_on = executor;
        if (!progress.begins) {
            progress.why = outcome == outcomes_.end() ? "the coordinator would not answer" : outcome->second.reason;
            return progress;
        }
        const domain::Operation& operation = simulation_.world.disk.operations.at(outcome->second.operation);
        progress.ends = operation.state;
        progress.why = operation.why;
        progress.cure = operation.cure;
        progress.job_back_ms = domain::takeoverMs(operation);
        if (operation.ended_at != base::WallTime{})
            progress.ends_ms = base::milliseconds(operation.ended_at - operation.failure_at);
        for (const domain::Step& step : operation.steps) {
            if (step.attempts > 0) progress.steps.push_back(planned(operation, step));
        }
        std::stable_sort(progress.steps.begin(), progress.steps.end(),
                         [](const PlannedStep& a, const PlannedStep& b) { return a.start_ms < b.start_ms; });
        return progress;
    }

    [[nodiscard]] PlannedStep planned(const domain::Operation& operation, const domain::Step& step) const {
        PlannedStep planned;
        planned.id = step.id;
        planned.start_ms = base::milliseconds(step.first_started - operation.failure_at);
        planned.outcome = step.state;
        const auto past = durations_.of(step.id.name, operation.server);
        if (step.state != domain::StepState::Done) {
            planned.message = step.message;
            planned.expected = {step.duration_ms, Expectation::Basis::Assumed, 0};  // how long it would be tried
        } else if (past) {
            planned.expected = *past;
        } else {
            planned.expected = {step.duration_ms, Expectation::Basis::Assumed, 0};
        }
        return planned;
    }

    /// The machine that answers the job's requests at the end; empty: none.
    [[nodiscard]] std::string executorOf(const ServerName& name) {
        auto& world = simulation_.world;
        const auto& server = simulation_.config.inventory.servers.at(name);
        const auto* order = world.switchOf(server).inForce(server.segment.text());
        const auto owner = order == nullptr ? base::MemberName("server") : order->owner;
        if (owner.empty()) return {};
        const auto executor = world.behind(server.segment.text(), owner);
        if (executor.empty() || !world.answers(executor)) return {};
        return fmt::format("{} {}", owner.text(), executor);
    }

    void findServersWithout() {
        for (const auto& [name, server] : simulation_.config.inventory.servers) {
            if (executorOf(name).empty()) plan_.without.push_back(name);
        }
        for (const auto& row : situation_.contents.rows) {
            if (!row.standin_ready || simulation_.config.inventory.servers.count(row.server) == 0) continue;
            const auto* stand_in = simulation_.world.standIn(row.stand_in.text());
            const bool waits =
                stand_in != nullptr && stand_in->stand_in.state == protocol::StandInState::Suspended &&
                targets_.vm_hosts.count(simulation_.config.inventory.servers.at(row.server).vm_host) == 0;
            if (!waits) plan_.without_stand_in.push_back(row.server);
        }
    }

    void findSparesLeft() {
        const auto& leases = simulation_.world.disk.leases;
        for (const auto& [name, spare] : situation_.inventory.spares) {
            if (leases.count(name) == 0 && targets_.spares.count(name) == 0) plan_.spares_left.push_back(name);
        }
    }

    void findHosts() {
        std::map<base::AgentName, HostLeft> hosts;
        for (const auto& [name, server] : simulation_.config.inventory.servers) {
            auto& host = hosts[server.vm_host];
            host.name = server.vm_host;
            if (executorOf(name).rfind("stand-in ", 0) != 0) continue;
            ++host.stand_ins_running;
            host.memory_running_mib += server.stand_in.maximum_memory_mib;
        }
        for (auto& [name, host] : hosts) {
            host.fails = targets_.vm_hosts.count(name) > 0;
            if (auto known = situation_.capacities.find(name); known != situation_.capacities.end())
                host.capacity = known->second;
            if (host.capacity && !host.fails && host.memory_running_mib > host.capacity->memory_mib) {
                plan_.remarks.push_back(fmt::format(
                    "VM host '{}' has {} MiB of memory; stand-ins that run there may grow to {} MiB together",
                    name.text(), host.capacity->memory_mib, host.memory_running_mib));
            }
            plan_.hosts.push_back(std::move(host));
        }
    }

    void addRemarks() {
        for (const auto& [server, operation] : situation_.busy)
            plan_.remarks.push_back(
                fmt::format("server '{}' is left out: operation {} is under way", server.text(), operation));
        for (const auto& host : plan_.hosts) {
            if (!host.capacity)
                plan_.remarks.push_back(
                    fmt::format("the capacity of VM host '{}' is not known: it does not answer", host.name.text()));
        }
        bool assumed = false;
        for (const auto& failover : plan_.failovers) {
            for (const auto& step : failover.steps)
                assumed = assumed || step.expected.basis == Expectation::Basis::Assumed;
        }
        if (assumed) plan_.remarks.push_back("times marked 'assumed' were never measured here");
    }

    const Situation& situation_;
    const Targets& targets_;
    const Durations durations_;
    Simulation simulation_;
    std::map<ServerName, engine::Engine::ReportOutcome> outcomes_;
    Plan plan_;
};

}  // namespace

Result<Plan> rehearse(const Situation& situation, const ServerName& server, const Failures& failures) {
    auto targets = targetsOf(situation, server, failures);
    if (!targets) return failure(targets.error());
    if (targets->servers.empty() && targets->spares.empty() && targets->vm_hosts.empty())
        return failure(ErrorCode::InvalidInput, "nothing fails: name a server, a rack, a spare or a VM host");
    const auto subject = !server.empty() ? server : targets->servers.empty() ? ServerName{} : targets->servers.front();
    return Rehearsal(situation, *targets, subject).play();
}

}  // namespace standin::what_if
