#pragma once

namespace standin::engine {
class Engine;
}
namespace standin::http {
class Router;
class Metrics;
}  // namespace standin::http

namespace standin::api {

/// Freeze and brake of the site: what restrains operations, and the commands of confirmers about it.
void addRestraintRoutes(http::Router& router, engine::Engine& engine);

void meterRestraints(http::Metrics& metrics, const engine::Engine& engine);

}  // namespace standin::api
