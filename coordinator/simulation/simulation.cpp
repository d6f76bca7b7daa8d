#include "coordinator/simulation/simulation.hpp"

#include <fmt/format.h>

#include <tuple>

#include "coordinator/simulation/actions.hpp"
#include "coordinator/simulation/operator_actions.hpp"

namespace standin::simulation {

namespace {

/// Everything at rest has to stay so until the watch, which finds out what was not reported, has looked at everything
/// twice (at a spare's power it looks in every second round), and nothing may go wrong meanwhile: a coordinator that
/// was killed, or a question that was lost, finds out nothing.
VirtualTime settling(const WorldConfig& config) {
    return 4 * config.engine.watch_every + 10s;
}

}  // namespace

Simulation::Simulation(WorldConfig given, Log log)
    : config(std::move(given)),
      world(config, log == Log::On),
      traps(world, [this](const domain::FailureReport& report) {
          leader().take(engine::ReportInput{report, {}});
      }) {
    world.restarts = [this](const std::string& server) { traps.sendOfRestart(server); };
    one.start();
    for (const auto& [name, server] : config.inventory.servers) world.clients.begin(server.segment.text());
}

Simulation::~Simulation() {
    one.kill();
    two.kill();
}

Coordinator& Simulation::leader() {
    if (two.running() && !two.isFromBackup() && (!one.running() || two.epoch() > one.epoch())) return two;
    return one;
}

base::Result<void> Simulation::play(const Script& script) {
    for (const Action& action : script) {
        if (auto checked = check(*this, action); !checked) return checked;
    }
    for (const Action& action : script) {
        const auto perform_it = [this, action] {
            world.log.line("** {}", text(action).substr(text(action).find(": ") + 2));
            done_.push_back({world.now(), world.disk.records, action});
            perform(*this, action);
        };
        const When& when = action.when;
        if (when.time) {
            later(*when.time - world.now(), perform_it);
            continue;
        }
        // Events within a task are acted upon as soon as the task waits; a coordinator's acts can't be undone.
        world.script_marks.await((when.before ? "before/" : "") + when.what, when.nth,
                                 [this, perform_it, later = when.later] {
                                     if (Fiber::current() == nullptr && later.count() == 0) return perform_it();
                                     this->later(later, perform_it);
                                 });
    }
    return {};
}

void Simulation::later(VirtualTime delay, std::function<void()> what) {
    ++due_;
    world.queue.after(delay, [this, what = std::move(what)] {
        --due_;
        what();
    });
}

bool Simulation::step() {
    if (!world.queue.next()) return false;
    world.queue.runNext();
    return true;
}

bool Simulation::runUntil(const std::function<bool()>& is, VirtualTime most) {
    const auto until = world.now() + most;
    while (!is()) {
        const auto next = world.queue.next();
        if (!next || *next > until) return false;
        world.queue.runNext();
    }
    return true;
}

bool Simulation::atRest() const {
    if (due_ > 0 || traps.underWay() > 0 || world.network.underWay() > 0) return false;
    bool led = false;
    for (const Coordinator* coordinator : {&one, &two}) {
        if (!coordinator->running()) continue;
        if (coordinator->epoch() != world.disk.epoch || !coordinator->leads()) continue;  // it has been deposed
        if (!coordinator->atRest()) return false;
        led = true;
    }
    return led;
}

Ending Simulation::run(VirtualTime most) {
    const auto until = world.now() + most;
    Ending ending;
    while (!ending.stable && runUntil([this] { return atRest(); }, until - world.now())) {
        ending.at = world.now();
        world.clients.end();
        const auto happened = [this] {
            return std::tuple(world.disk.records, done_.size(), world.network.disturbed());
        };
        const auto before = happened();
        runUntil([] { return false; }, settling(config));
        ending.stable = before == happened() && runUntil([this] { return atRest(); }, settling(config));
    }
    if (!ending.stable) {
        ending.at = world.now();
        world.invariants.breach(8, "coordinator",
                                fmt::format("not everything is at rest after {}", durationText(most)));
    }
    if (leader().epoch() > 0) world.invariants.end(leader().board());
    ending.breaches = world.invariants.breaches();
    return ending;
}

}  // namespace standin::simulation
