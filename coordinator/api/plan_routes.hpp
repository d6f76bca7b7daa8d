#pragma once

namespace standin::engine {
class Engine;
}
namespace standin::http {
class Router;
}

namespace standin::api {

/// `POST /v1/plans` with `{server?, fail?: {racks, servers, spares, vm_hosts}}`: what that failure would lead to now.
/// Computed in a process of its own from what is known now; touches nothing.
void addPlanRoutes(http::Router& router, engine::Engine& engine);

}  // namespace standin::api
