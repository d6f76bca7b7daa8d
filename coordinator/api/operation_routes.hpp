#pragma once

namespace standin::engine {
class Engine;
}
namespace standin::http {
class Router;
}

namespace standin::api {

/// Operations: begin, list, show, and what an operator does about one that is at rest.
void addOperationRoutes(http::Router& router, engine::Engine& engine);

}  // namespace standin::api
