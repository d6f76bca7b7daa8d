// Plays scenarios and compares what happens with what was expected; or kills the coordinator in them wherever it can
// be.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "coordinator/simulation/simulation.hpp"
#include "tests/simulation/scenario/crash_sweep.hpp"

namespace {

using namespace standin::simulation;

struct Wanted {
    bool rewrite = false;
    bool die_everywhere = false;
    std::string die;
    std::vector<std::string> directories;
};

std::string content(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

bool holds(const Scenario& scenario, bool rewrite) {
    const std::string expected = scenario.directory + "/expected.log";
    const auto now = run(scenario);
    for (const auto& problem : now.problems) fmt::print("{}: {}\n", scenario.name(), problem);
    if (!now.problems.empty()) {
        fmt::print("{}\n", now.log);
        return false;
    }
    if (rewrite) std::ofstream(expected) << now.log;
    for (const char* file : {"README.md", "expected.log"}) {
        if (std::filesystem::exists(scenario.directory + "/" + file)) continue;
        fmt::print("{}: there is no {}\n", scenario.name(), file);
        return false;
    }
    const auto differs = difference(content(expected), now.log);
    if (!differs.empty())
        fmt::print("{}: what happened (+) is not what was expected (-)\n{}", scenario.name(), differs);
    return differs.empty();
}

/// For people: the log of one death.
bool dies(const Scenario& scenario, const std::string& place) {
    const auto action = actionFrom(place + ": kill");
    if (!action || action->when.time) {
        fmt::print(stderr, "'{}' is no place to die: 'before record #7', 'at segment.set #2'\n", place);
        return false;
    }
    Simulation simulation(scenario.config);
    Run run;
    const bool died = playWithDeath(simulation, scenario, action->when, run);
    fmt::print("{}", run.log);
    for (const auto& problem : run.problems) fmt::print("{}: {}\n", scenario.name(), problem);
    return died && run.problems.empty();
}

bool played(const Wanted& wanted) {
    bool well = true;
    Deaths deaths;
    for (const auto& directory : wanted.directories) {
        const auto scenario = readScenario(directory);
        if (!scenario) {
            fmt::print("{}\n", scenario.error().message);
            well = false;
        } else if (!wanted.die.empty()) {
            well = dies(*scenario, wanted.die) && well;
        } else if (wanted.die_everywhere) {
            dieEverywhere(*scenario, deaths);
        } else {
            well = holds(*scenario, wanted.rewrite) && well;
        }
    }
    if (!wanted.die_everywhere) return well;
    for (const auto& failure : deaths.failures) fmt::print("{}\n", failure);
    fmt::print(
        "{} scenarios: the coordinator died {} times and {} deaths led to something else; in {} the rules were "
        "held but the ends not compared; {} places in repetitions were left out\n",
        deaths.scenarios, deaths.deaths, deaths.failures.size(), deaths.incomparable, deaths.left_out);
    return well && deaths.failures.empty();
}

}  // namespace

int main(int count, char** words) {
    Wanted wanted;
    CLI::App program{"plays scenarios: directories with README.md, world.yaml, script.yaml and expected.log"};
    program.add_flag("--rewrite", wanted.rewrite, "write what happens to expected.log; then read it");
    program.add_flag("--die-everywhere", wanted.die_everywhere,
                     "play each once more for every place where the coordinator can die; the end must be the same");
    program.add_option("--die", wanted.die, "play with one such death, e.g. 'before record #7', and show the log");
    program.add_option("directories", wanted.directories, "the scenarios")->required();
    CLI11_PARSE(program, count, words);
    return played(wanted) ? 0 : 1;
}
