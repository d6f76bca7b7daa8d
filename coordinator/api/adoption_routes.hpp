#pragma once

namespace standin::engine {
class Engine;
}
namespace standin::http {
class Router;
}

namespace standin::api {

/// The findings of a coordinator with a new journal, and an operator's agreement to them.
void addAdoptionRoutes(http::Router& router, engine::Engine& engine);

}  // namespace standin::api
