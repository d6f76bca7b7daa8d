#pragma once

#include "tests/simulation/scenario/scenario_run.hpp"

namespace standin::simulation {

/// Where a coordinator can die in the scenario: before and after each record of its journal, and after each effect that
/// a command had, before anybody knows of it. Of a kind that happens again and again (an agent that is away is asked
/// for minutes) the first twelve, the last six and six between them; `left_out` counts the others.
std::vector<When> placesToDie(const Scenario& scenario, unsigned& left_out);

/// Plays it once more; the coordinator that leads dies there and is started again a second later. What nobody had
/// recorded yet is reported, or asked for, again: a BMC repeats its traps, and an operator who got no answer asks
/// again. False: nobody died.
bool playWithDeath(Simulation& simulation, const Scenario& scenario, const When& place, Run& run);

/// What came of all deaths.
struct Deaths {
    unsigned scenarios = 0;
    unsigned deaths = 0;
    unsigned left_out = 0;              ///< places
    unsigned incomparable = 0;          ///< the death kept a fault of the script from striking, or `end_depends_on`
    std::vector<std::string> failures;  ///< the death broke a rule, or led to another end
};
/// Dies in each place of the scenario.
void dieEverywhere(const Scenario& scenario, Deaths& so_far);

}  // namespace standin::simulation
