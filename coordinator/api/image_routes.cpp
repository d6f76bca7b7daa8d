#include "coordinator/api/image_routes.hpp"

#include "agent/http/router.hpp"
#include "agent/protocol/image.hpp"
#include "coordinator/api/route_parts.hpp"
#include "coordinator/api/views.hpp"
#include "coordinator/engine/engine.hpp"

namespace standin::api {

using base::failure;
using base::ImageId;
using base::Result;
using engine::Engine;

namespace {

Result<Response> list(const Engine& engine) {
    auto images = engine.images();
    if (!images) return failure(images.error());
    Json views = Json::array();
    for (const auto& image : *images) {
        auto view = toJson(image);
        auto users = engine.usersOf(image.id);
        if (!users) return failure(users.error());
        view["used_by"] = *users;
        views.push_back(std::move(view));
    }
    return Response::json({{"images", std::move(views)}});
}

Result<Response> difference(const Engine& engine, const Request& request) {
    auto one = request.id<ImageId>("a");
    if (!one) return failure(one.error());
    auto other = request.id<ImageId>("b");
    if (!other) return failure(other.error());
    auto found = engine.difference(*one, *other);
    if (!found) return failure(found.error());
    return Response::json(toJson(*found));
}

Result<Response> verify(Engine& engine, const Request& request) {
    auto image = request.id<ImageId>("image");
    if (!image) return failure(image.error());
    auto begun = engine.verifyImage(*image, askerOf(request));
    if (!begun) return failure(begun.error());
    auto response = Response::json(toJson(*begun), 202);
    response.headers["Location"] = "/v1/images/" + image->text() + "/verification";
    return response;
}

Result<Response> remove(Engine& engine, const Request& request) {
    auto image = request.id<ImageId>("image");
    if (!image) return failure(image.error());
    if (auto removed = engine.removeImage(*image, askerOf(request)); !removed) return failure(removed.error());
    Response response;
    response.status = 204;
    return response;
}

}  // namespace

void addImageRoutes(http::Router& router, Engine& engine) {
    router.add("GET", "/v1/images", [&engine](const Request&) { return list(engine); });
    router.add("GET", "/v1/images/{a}/difference/{b}",
               [&engine](const Request& request) { return difference(engine, request); });
    router.add("GET", "/v1/images/{image}/verification", [&engine](const Request& request) -> Result<Response> {
        auto image = request.id<ImageId>("image");
        if (!image) return failure(image.error());
        return http::answer(engine.verification(*image));
    });
    router.add("POST", "/v1/images/{image}/verification",
               [&engine](const Request& request) { return verify(engine, request); });
    router.add("DELETE", "/v1/images/{image}", [&engine](const Request& request) { return remove(engine, request); });
}

}  // namespace standin::api
