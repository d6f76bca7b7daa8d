#pragma once

namespace standin::engine {
class Engine;
}
namespace standin::http {
class Router;
}

namespace standin::api {

/// Images of all image stores: what uses them, how they differ, and their removal.
void addImageRoutes(http::Router& router, engine::Engine& engine);

}  // namespace standin::api
