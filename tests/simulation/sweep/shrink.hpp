#pragma once

#include <functional>

#include "tests/simulation/sweep/incident.hpp"

namespace standin::simulation {

/// The shortest incident that still `fails`, as far as can be found by leaving actions out (halves first, then
/// quarters, down to single ones), then options, then servers and spares, and by making numbers smaller. At most
/// `tries` plays.
Incident shrink(Incident incident, const std::function<bool(const Incident&)>& fails, unsigned tries = 600);

}  // namespace standin::simulation
