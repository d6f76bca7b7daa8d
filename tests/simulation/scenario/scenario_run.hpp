#pragma once

#include "tests/simulation/scenario/scenario.hpp"

namespace standin::simulation {

class Simulation;

/// Longer than every patience that may follow another.
constexpr VirtualTime longest_scenario = std::chrono::hours(30);

/// What a scenario came to: its log, as expected.log has it, and what is wrong with it.
struct Run {
    std::string log;
    std::vector<std::string> end;       ///< finalWorld()
    std::vector<std::string> problems;  ///< rules that were broken, faults that struck nothing, what did not come of it
};
Run run(const Scenario& scenario);

/// Plays on to the end; what is expected is not looked at. The log stays empty unless the simulation keeps one.
Run endOf(Simulation& simulation);
/// Faults of its script that struck nothing: actions that were never due, disturbances that nobody met.
std::vector<std::string> idleFaults(const Simulation& simulation, const Scenario& scenario);

/// Where `now` differs first from `expected`, as `-` and `+`; empty: nowhere.
std::string difference(const std::string& expected, const std::string& now);

}  // namespace standin::simulation
