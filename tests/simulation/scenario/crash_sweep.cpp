#include "tests/simulation/scenario/crash_sweep.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

#include "coordinator/simulation/actions.hpp"
#include "coordinator/simulation/simulation.hpp"

namespace standin::simulation {

namespace {

/// The commands that have an effect; asking has none.
constexpr std::array effects{"segment.set",      "stand_in.make",      "stand_in.running", "stand_in.suspended",
                             "stand_in.stopped", "stand_in.resources", "stand_in.remove",  "hold.holding",
                             "hold.releasing",   "hold.idle",          "restore.begin",    "restore.cancel",
                             "image.capture",    "image.remove",       "power.off",        "power.on"};
/// The service manager's pause before it starts a program again.
constexpr VirtualTime dead_for{1s};
/// From a failure until its trap has arrived and is in the coordinator's hands.
constexpr VirtualTime trap_under_way{200ms};

void play(Simulation& simulation, const Scenario& scenario) {
    const auto played = simulation.play(scenario.script);
    STANDIN_ASSERT(played.has_value());  // readScenario() has seen to that
}

/// Counts how often something happens.
void count(Simulation& simulation, const std::string& what, unsigned& times) {
    simulation.world.script_marks.await(what, 1, [&simulation, what, &times] {
        ++times;
        count(simulation, what, times);
    });
}

bool asksTheCoordinator(const Action& action) {
    static const std::set<std::string> verbs{"failover",      "prepare", "refresh", "backup",       "retry",
                                             "confirm-fence", "close",   "return",  "set-spare",    "unset-spare",
                                             "maintenance",   "cancel",  "freeze",  "release-brake"};
    return verbs.count(action.verb) > 0;
}

void sendTrap(Simulation& simulation, const Action& failure) {
    const std::string& server = failure.arguments[0];
    if (simulation.world.machines.at(server).is_spare) return;
    const auto kind = failure.options.find("kind");
    simulation.traps.send(simulation.traps.trapOf(server, kind == failure.options.end() ? "processor" : kind->second),
                          0s);
}

/// A failure is reported once more, which starts nothing if it is known; what an operator asked is asked again only if
/// nothing was recorded since.
void reportAgain(Simulation& simulation, VirtualTime death, std::uint64_t records) {
    if (simulation.leader().epoch() == 0)  // nobody listens yet: its disk may be full
        return simulation.later(dead_for, [&simulation, death, records] { reportAgain(simulation, death, records); });
    const auto done = simulation.done();
    for (const auto& [at, records_then, action] : done) {
        const bool lost = records_then == records || at > death;
        if (asksTheCoordinator(action) && lost) perform(simulation, action);
        if (!lost && at + trap_under_way < death) continue;
        if (action.verb == "trap" && action.options.count("from") == 0) perform(simulation, action);
        if (action.verb == "fail" && action.options.count("trap") == 0) sendTrap(simulation, action);
    }
}

bool die(Simulation& simulation) {
    Coordinator& leader = simulation.leader();
    if (!leader.running()) return false;
    leader.kill();
    const auto death = simulation.world.now();
    const auto records = simulation.world.disk.records;
    simulation.later(dead_for, [&simulation, &leader, death, records] {
        if (!leader.running()) leader.start();
        simulation.later(100ms, [&simulation, death, records] { reportAgain(simulation, death, records); });
    });
    return true;
}

std::string together(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
}

/// Of so many times that something happens, whether the coordinator dies at this one.
bool isWorthADeath(unsigned nth, unsigned most) {
    constexpr unsigned first = 12;
    constexpr unsigned between = 6;
    constexpr unsigned last = 6;
    if (most <= first + between + last || nth <= first || nth > most - last) return true;
    return (nth - first) % ((most - first - last) / between) == 0;
}

}  // namespace

std::vector<When> placesToDie(const Scenario& scenario, unsigned& left_out) {
    Simulation simulation(scenario.config, Simulation::Log::Off);
    std::map<std::string, unsigned> times;
    for (const char* effect : effects) count(simulation, effect, times[effect]);
    for (const char* record : {"record", "before/record"}) count(simulation, record, times[record]);
    play(simulation, scenario);
    (void)simulation.run(longest_scenario);
    std::vector<When> places;
    for (const auto& [what, most] : times) {
        const bool before = what == "before/record";
        for (unsigned nth = 1; nth <= most; ++nth) {
            if (isWorthADeath(nth, most)) {
                places.push_back({{}, before ? "record" : what, nth, before, {}});
            } else {
                ++left_out;
            }
        }
    }
    return places;
}

bool playWithDeath(Simulation& simulation, const Scenario& scenario, const When& place, Run& run) {
    play(simulation, scenario);
    bool died = false;
    const auto now = [&simulation, &died] { died = die(simulation); };
    simulation.world.script_marks.await((place.before ? "before/" : "") + place.what, place.nth, [&simulation, now] {
        if (Fiber::current() == nullptr) return now();
        simulation.later({}, now);  // not from within one of its own tasks
    });
    run = endOf(simulation);
    return died;
}

void dieEverywhere(const Scenario& scenario, Deaths& so_far) {
    Simulation living(scenario.config, Simulation::Log::Off);
    play(living, scenario);
    const Run undisturbed = endOf(living);
    ++so_far.scenarios;
    for (const When& place : placesToDie(scenario, so_far.left_out)) {
        Simulation simulation(scenario.config, Simulation::Log::Off);
        Run run;
        if (!playWithDeath(simulation, scenario, place, run)) continue;
        ++so_far.deaths;
        const std::string where = fmt::format("{}: the coordinator dies {} {} #{}", scenario.name(),
                                              place.before ? "before" : "at", place.what, place.nth);
        for (const auto& problem : run.problems) so_far.failures.push_back(fmt::format("{}: {}", where, problem));
        if (!scenario.end_depends_on.empty() || !idleFaults(simulation, scenario).empty()) {
            ++so_far.incomparable;
        } else if (run.end != undisturbed.end) {
            so_far.failures.push_back(
                fmt::format("{}: another end\n{}", where, difference(together(undisturbed.end), together(run.end))));
        }
    }
}

}  // namespace standin::simulation
