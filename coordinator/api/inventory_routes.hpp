#pragma once

namespace standin::engine {
class Engine;
}
namespace standin::http {
class Router;
}

namespace standin::api {

/// Servers, spares, spare table, images, agents and audit.
void addInventoryRoutes(http::Router& router, engine::Engine& engine);

}  // namespace standin::api
