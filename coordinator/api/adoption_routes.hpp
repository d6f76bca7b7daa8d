#pragma once

namespace standin::engine {
class Engine;
}
namespace standin::http {
class Router;
}

namespace standin::api {

/// What a coordinator with a new journal found, and an operator's agreement to it.
void addAdoptionRoutes(http::Router& router, engine::Engine& engine);

}  // namespace standin::api
