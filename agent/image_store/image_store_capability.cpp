#include "agent/image_store/image_store_capability.hpp"

#include <map>

#include "agent/http/metrics.hpp"
#include "agent/image_store/images/image_streams.hpp"

namespace standin::image_store {

using base::failure;
using base::Result;
using http::Request;
using http::Response;

namespace {

template <typename T>
Response listOf(const char* name, const std::vector<T>& things) {
    auto array = protocol::Json::array();
    for (const auto& thing : things) array.push_back(toJson(thing));
    return Response::json({{name, std::move(array)}});
}

// What goes on is 202 with the place to ask; what is there already is 200.
template <typename T>
Response accepted(const T& thing, const std::string& place, bool finished) {
    auto response = Response::json(toJson(thing), finished ? 200 : 202);
    if (!finished) response.headers["Location"] = place + thing.id.text();
    return response;
}

Result<std::unique_ptr<ImageContent>> openImage(const ImageStore& store, const Request& request) {
    auto id = request.id<base::ImageId>("id");
    if (!id) return failure(id.error());
    return store.open(*id);
}

Result<Response> putImage(ImageStore& store, const Request& request) {
    auto id = request.id<base::ImageId>("id");
    if (!id) return failure(id.error());
    auto json = request.json();
    if (!json) return failure(json.error());
    protocol::JsonFields fields(*json, "capture");
    auto disk = fields.finish(fields.id<base::DiskName>("disk"));
    if (!disk) return failure(disk.error());
    auto image = store.capture(*id, *disk);
    if (!image) return failure(image.error());
    return accepted(*image, "/v1/images/", image->state == protocol::ImageState::Ready);
}

Result<Response> putVerification(ImageStore& store, const Request& request) {
    auto id = request.id<base::ImageId>("id");
    if (!id) return failure(id.error());
    auto begun = store.verify(*id);
    if (!begun) return failure(begun.error());
    auto response = Response::json(toJson(*begun), 202);
    response.headers["Location"] = "/v1/images/" + id->text() + "/verification";
    return response;
}

Result<Response> putRestore(ImageStore& store, const Request& request) {
    auto id = request.id<base::RestoreId>("id");
    if (!id) return failure(id.error());
    auto json = request.json();
    if (!json) return failure(json.error());
    protocol::JsonFields fields(*json, "restore");
    auto image = fields.id<base::ImageId>("image");
    const auto damage = fields.boolean("accept_damage", false) ? Damage::Accept : Damage::Refuse;
    auto disk = fields.finish(fields.id<base::DiskName>("disk"));
    if (!disk) return failure(disk.error());
    auto restore = store.restore(*id, image, *disk, damage);
    if (!restore) return failure(restore.error());
    return accepted(*restore, "/v1/restores/", restore->state == protocol::RestoreState::Done);
}

}  // namespace

ImageStoreCapability::ImageStoreCapability(ImageStoreSettings settings, const base::Clock& clock,
                                           http::Metrics& metrics, const base::Log& log)
    : store_(std::move(settings), clock, log.named("image store")) {
    store_.onFinished([&metrics](const std::string& kind, bool succeeded, std::chrono::nanoseconds took) {
        metrics.observeSeconds(
            "standin_image_transfer_seconds", "Duration of captures, restores and verifications of images.",
            std::chrono::duration<double>(took).count(), {{"kind", kind}, {"outcome", succeeded ? "done" : "failed"}});
    });
    metrics.onRender([this](http::Metrics& now) {
        std::map<protocol::ImageState, double> images;
        for (const auto& image : store_.images()) ++images[image.state];
        using State = protocol::ImageState;
        for (auto state : {State::Capturing, State::Ready, State::Failed, State::Damaged, State::Corrupt})
            now.set("standin_image_store_images", "Images by state.", images[state], {{"state", nameOf(state)}});
    });
}

void ImageStoreCapability::addRoutes(http::Router& router) {
    addImageRoutes(router);
    addContentRoutes(router);
    addRestoreRoutes(router);
    router.add("GET", "/v1/disks",
               [this](const Request&) -> Result<Response> { return listOf("disks", store_.disks()); });
}

void ImageStoreCapability::addImageRoutes(http::Router& router) {
    router.add("GET", "/v1/images",
               [this](const Request&) -> Result<Response> { return listOf("images", store_.images()); });
    router.add("GET", "/v1/images/{id}", [this](const Request& request) -> Result<Response> {
        auto id = request.id<base::ImageId>("id");
        if (!id) return failure(id.error());
        return http::answer(store_.image(*id));
    });
    router.add("PUT", "/v1/images/{id}", [this](const Request& request) { return putImage(store_, request); });
    router.add("DELETE", "/v1/images/{id}", [this](const Request& request) -> Result<Response> {
        auto id = request.id<base::ImageId>("id");
        if (!id) return failure(id.error());
        if (auto removed = store_.remove(*id); !removed) return failure(removed.error());
        return Response::empty();
    });
    router.add("GET", "/v1/images/{a}/difference/{b}", [this](const Request& request) -> Result<Response> {
        auto a = request.id<base::ImageId>("a");
        if (!a) return failure(a.error());
        auto b = request.id<base::ImageId>("b");
        if (!b) return failure(b.error());
        return http::answer(store_.difference(*a, *b));
    });
    router.add("GET", "/v1/images/{id}/verification", [this](const Request& request) -> Result<Response> {
        auto id = request.id<base::ImageId>("id");
        if (!id) return failure(id.error());
        return http::answer(store_.verification(*id));
    });
    router.add("PUT", "/v1/images/{id}/verification",
               [this](const Request& request) { return putVerification(store_, request); });
}

void ImageStoreCapability::addContentRoutes(http::Router& router) {
    router.add("GET", "/v1/images/{id}/content", http::Access::Content,
               [this](const Request& request) -> Result<Response> {
                   auto image = openImage(store_, request);
                   if (!image) return failure(image.error());
                   auto range = request.headers.find("range");
                   return contentResponse(std::move(*image), range == request.headers.end() ? "" : range->second);
               });
    router.add("GET", "/v1/images/{id}/manifest", http::Access::Content,
               [this](const Request& request) -> Result<Response> {
                   auto image = openImage(store_, request);
                   if (!image) return failure(image.error());
                   return manifestResponse(std::move(*image));
               });
    router.add("GET", "/v1/images/{id}/blocks", http::Access::Content,
               [this](const Request& request) -> Result<Response> {
                   auto image = openImage(store_, request);
                   if (!image) return failure(image.error());
                   auto from = request.query.find("from");
                   return blocksResponse(std::move(*image), from == request.query.end() ? "0" : from->second);
               });
}

void ImageStoreCapability::addRestoreRoutes(http::Router& router) {
    router.add("GET", "/v1/restores",
               [this](const Request&) -> Result<Response> { return listOf("restores", store_.restores().list()); });
    router.add("GET", "/v1/restores/{id}", [this](const Request& request) -> Result<Response> {
        auto id = request.id<base::RestoreId>("id");
        if (!id) return failure(id.error());
        return http::answer(store_.restores().find(*id));
    });
    router.add("PUT", "/v1/restores/{id}", [this](const Request& request) { return putRestore(store_, request); });
    router.add("DELETE", "/v1/restores/{id}", [this](const Request& request) -> Result<Response> {
        auto id = request.id<base::RestoreId>("id");
        if (!id) return failure(id.error());
        store_.cancelRestore(*id);
        return Response::empty();
    });
}

}  // namespace standin::image_store
