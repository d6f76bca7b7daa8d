#pragma once

#include "coordinator/engine/drivers.hpp"

namespace standin::simulation {

class World;

/// The hands of a coordinator in a simulated world: each verb goes to its agent over the network and waits for the
/// answer. Power follows the rules of the real ladder. To be used within tasks of a FiberExecutor.
engine::Drivers driversFor(World& world);

}  // namespace standin::simulation
