#pragma once

#include "coordinator/plan/durations.hpp"
#include "coordinator/plan/situation.hpp"
#include "coordinator/simulation/setting.hpp"

namespace standin::plan {

/// The simulated world as the real one is: its machines, rows, leases, placements and capacities, and things take as
/// long in it as they are expected to. `subject`: the server whose past counts most. Servers that are busy are left
/// out.
simulation::Setting furnish(const Situation& situation, const Durations& durations, const base::ServerName& subject);

/// How long a restore of the server's image is expected to take.
Expectation expectedRestore(const Situation& situation, const Durations& durations, const base::ServerName& server);

}  // namespace standin::plan
