#pragma once

#include <functional>

#include "agent/protocol/json_fields.hpp"
#include "coordinator/what_if/situation.hpp"

namespace standin::engine {
class Engine;
}
namespace standin::http {
class Router;
}

namespace standin::api {

/// Makes a plan as JSON (what_if/plan_json.hpp); errors are those of what_if::rehearse().
using Rehearse = std::function<base::Result<protocol::Json>(const what_if::Situation&, const what_if::Question&)>;

/// `POST /v1/plans` with `{server?, fail?: {racks, servers, spares, vm_hosts}}`: what that failure would lead to now.
/// Computed by `rehearse` from what is known now; touches nothing.
void addPlanRoutes(http::Router& router, engine::Engine& engine, Rehearse rehearse);

}  // namespace standin::api
