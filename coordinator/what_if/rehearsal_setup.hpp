#pragma once

#include "coordinator/simulation/world_config.hpp"
#include "coordinator/what_if/durations.hpp"
#include "coordinator/what_if/situation.hpp"

namespace standin::what_if {

/// The simulated world as the real one is: its machines, rows, leases, placements and capacities, and things take as
/// long in it as they are expected to. `subject`: the server whose past counts most. Servers that are busy are left
/// out.
simulation::WorldConfig rehearsalSetup(const Situation& situation, const Durations& durations,
                                       const base::ServerName& subject);

/// How long a restore of the server's image is expected to take.
Expectation expectedRestore(const Situation& situation, const Durations& durations, const base::ServerName& server);

}  // namespace standin::what_if
