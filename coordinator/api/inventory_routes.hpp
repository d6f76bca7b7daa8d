#pragma once

namespace standin::engine {
class Engine;
}
namespace standin::http {
class Router;
}
namespace standin::traps {
class DegradedConditions;
}

namespace standin::api {

/// Servers with what is degraded of them, spares, spare table, images, agents and audit.
void addInventoryRoutes(http::Router& router, engine::Engine& engine, traps::DegradedConditions& degraded);

}  // namespace standin::api
