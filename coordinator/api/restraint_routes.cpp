#include "coordinator/api/restraint_routes.hpp"

#include <algorithm>

#include "agent/http/metrics.hpp"
#include "agent/http/router.hpp"
#include "coordinator/api/route_parts.hpp"
#include "coordinator/api/views.hpp"
#include "coordinator/engine/engine.hpp"

namespace standin::api {

using base::failure;
using base::Result;
using engine::Engine;
using By = domain::Restraint::By;

namespace {

constexpr std::size_t most_operations = 1000;

Json viewOfBrake(const Engine& engine) {
    const auto& limits = engine.inventory().brake;
    return {{"failovers", limits.failovers},
            {"percent", limits.percent},
            {"within_ms", limits.within.count()},
            {"cancel_hold_off_ms", limits.cancel_hold_off.count()},
            {"site_limit", limitOf(limits, engine.inventory().servers.size())}};
}

Response showRestraints(const Engine& engine) {
    Json waiting = Json::array();
    for (const auto& operation : engine.operations(most_operations)) {
        if (operation.restraint.inForce()) waiting.push_back(summaryOf(operation));
    }
    return Response::json({{"freeze", viewOf(engine.frozen())}, {"brake", viewOfBrake(engine)}, {"waiting", waiting}});
}

Result<Response> setFreeze(Engine& engine, const Request& request) {
    auto body = request.json();
    if (!body) return failure(body.error());
    protocol::JsonFields fields(*body, "freeze");
    if (!fields.has("on")) fields.problem("field 'on' is missing");
    const bool on = fields.boolean("on", false);
    const auto why = fields.text("reason", "", 500);
    if (auto read = fields.finish(true); !read) return failure(read.error());
    if (auto done = engine.freeze(on, why, askerOf(request)); !done) return failure(done.error());
    return showRestraints(engine);
}

Result<Response> releaseBrake(Engine& engine, const Request& request) {
    auto body = request.json();
    if (!body) return failure(body.error());
    protocol::JsonFields fields(*body, "release of the brake");
    const auto rack = fields.has("rack") ? std::optional<std::string>(fields.text("rack", 200)) : std::nullopt;
    if (auto read = fields.finish(true); !read) return failure(read.error());
    auto released = engine.releaseBrake(rack, askerOf(request));
    if (!released) return failure(released.error());
    return Response::json({{"released", *released}});
}

}  // namespace

void addRestraintRoutes(http::Router& router, Engine& engine) {
    router.add("GET", "/v1/restraints",
               [&engine](const Request&) -> Result<Response> { return showRestraints(engine); });
    router.add("POST", "/v1/freeze", http::Access::Confirm,
               [&engine](const Request& request) { return setFreeze(engine, request); });
    router.add("POST", "/v1/brake/release", http::Access::Confirm,
               [&engine](const Request& request) { return releaseBrake(engine, request); });
}

void meterRestraints(http::Metrics& metrics, const Engine& engine) {
    metrics.onRender([&engine](http::Metrics& now) {
        now.set("standin_frozen", "1 while the site is frozen", engine.frozen().on ? 1 : 0);
        const auto operations = engine.operations(most_operations);
        for (const auto& [by, name] : {std::pair(By::Freeze, "freeze"), std::pair(By::Brake, "brake")}) {
            const auto waiting = std::count_if(operations.begin(), operations.end(),
                                               [by = by](const auto& one) { return one.restraint.by == by; });
            now.set("standin_operations_restrained", "operations that freeze or brake keep from beginning",
                    static_cast<double>(waiting), {{"by", name}});
        }
    });
}

}  // namespace standin::api
