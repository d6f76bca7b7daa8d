#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/simulation/simulation.hpp"

namespace standin::simulation {

/// What is left when a simulation has ended, a line for each thing: who owns the segments, what runs, what is on the
/// disks, what the spare table says and how the operations ended. Two runs that came to the same end give the same
/// lines.
std::vector<std::string> finalWorld(Simulation& simulation);

/// What came of the requests: of each job how many were answered, and by whom the last. For people; it depends on when
/// things happened.
std::vector<std::string> requestsAtEnd(Simulation& simulation);

}  // namespace standin::simulation
