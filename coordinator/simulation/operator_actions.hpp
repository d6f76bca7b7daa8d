#pragma once

#include "coordinator/simulation/script.hpp"

namespace standin::simulation {

class Simulation;

/// The verbs of scripts that an operator asks the coordinator for.
void operatorAsks(Simulation& simulation, const Action& action);

}  // namespace standin::simulation
