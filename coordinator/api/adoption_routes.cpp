#include "coordinator/api/adoption_routes.hpp"

#include "agent/http/router.hpp"
#include "coordinator/api/route_parts.hpp"
#include "coordinator/api/views.hpp"
#include "coordinator/engine/engine.hpp"

namespace standin::api {

using base::failure;
using base::Result;
using engine::Engine;

namespace {

Result<Response> show(const Engine& engine) {
    const auto adoption = engine.adoption();
    if (adoption.isWhole()) return Response::json(viewOf(engine::AdoptionSnapshot{adoption, {}, {}, {}}));
    auto found = engine.survey();
    if (!found) return failure(found.error());
    return Response::json(viewOf(*found));
}

Result<Response> adopt(Engine& engine, const Request& request) {
    auto body = request.json();
    if (!body) return failure(body.error());
    protocol::JsonFields fields(*body, "adoption");
    auto mark = fields.text("mark", 200);
    if (auto read = fields.finish(true); !read) return failure(read.error());
    auto adopted = engine.adopt(mark, askerOf(request));
    if (!adopted) return failure(adopted.error());
    return Response::json(viewOf(*adopted));
}

}  // namespace

void addAdoptionRoutes(http::Router& router, Engine& engine) {
    router.add("GET", "/v1/adoption", [&engine](const Request&) { return show(engine); });
    router.add("POST", "/v1/adoption", [&engine](const Request& request) { return adopt(engine, request); });
}

}  // namespace standin::api
