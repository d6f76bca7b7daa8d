#pragma once

#include "coordinator/simulation/script.hpp"

namespace standin::simulation {

class Simulation;

/// The verbs of scripts that an operator asks the coordinator for.
/// Freezes the site, ends that, or releases the brake.
void operatorRestrains(Simulation& simulation, const Action& action);
void operatorAsks(Simulation& simulation, const Action& action);

/// Looks at what the agents say, and adopts it; the result is logged under `what`.
void adopt(Simulation& simulation, const std::string& what);

}  // namespace standin::simulation
