#pragma once

namespace standin::engine {
class Engine;
}
namespace standin::http {
class Router;
}
namespace standin::traps {
class DegradedConditions;
class TrapTests;
}  // namespace standin::traps

namespace standin::api {

/// Servers with what is degraded of them and their trap paths, spares, spare table, images, agents and audit.
void addInventoryRoutes(http::Router& router, engine::Engine& engine, traps::DegradedConditions& degraded,
                        const traps::TrapTests& tests);

}  // namespace standin::api
