#include "coordinator/api/spare_setting.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/protocol/image.hpp"
#include "coordinator/api/route_parts.hpp"
#include "coordinator/api/views.hpp"
#include "coordinator/engine/engine.hpp"

namespace standin::api {

using base::ErrorCode;
using base::failure;
using base::ImageId;
using base::Result;
using base::ServerName;
using base::SpareName;
using engine::Engine;

namespace {

struct SpareOrder {
    SpareName spare;
    ImageId image;  ///< empty: choose
    bool prepare = true;
};

Result<SpareOrder> spareOrderIn(const Request& request) {
    auto body = request.json();
    if (!body) return failure(body.error());
    protocol::JsonFields fields(*body, "spare table row");
    SpareOrder order;
    order.spare = fields.id<SpareName>("spare");
    order.image = fields.optionalId<ImageId>("image");
    order.prepare = fields.boolean("prepare", true);
    return fields.finish(order);
}

// The newest is the one that the server is most like. RFC 3339 moments in UTC sort as text.
Result<ImageId> newestImageOf(const Engine& engine, const domain::Server& server) {
    auto images = engine.images();
    if (!images) return failure(images.error());
    const protocol::Image* newest = nullptr;
    for (const auto& image : *images) {
        if (image.disk != server.disk || image.state != protocol::ImageState::Ready) continue;
        if (newest == nullptr || image.created_at > newest->created_at) newest = &image;
    }
    if (newest == nullptr) {
        return failure(
            ErrorCode::WrongState,
            fmt::format("server '{0}' has no image yet; make one: standinctl image backup {0}", server.name.text()));
    }
    return newest->id;
}

std::optional<domain::SpareTableRow> rowOf(const Engine& engine, const ServerName& name) {
    auto server = engine.server(name);
    return server ? server->row : std::nullopt;
}

// A second request for what is being prepared already is the same request.
std::optional<domain::OperationId> preparationOf(const Engine& engine, const ServerName& name) {
    auto server = engine.server(name);
    if (!server || !server->operation) return std::nullopt;
    auto operation = engine.operation(*server->operation);
    if (!operation || operation->kind != domain::OperationKind::Prepare) return std::nullopt;
    return operation->id;
}

Result<Response> foresee(const Engine& engine, const engine::ServerSnapshot& server, const SpareOrder& order,
                         bool same) {
    const auto& name = server.server.name;
    const bool ready = same && server.row->standin_ready && !server.row->stale;
    const bool begins = order.prepare && !ready;
    if (same && begins && preparationOf(engine, name)) return foreseen(false);
    if (!same || begins) {
        if (auto may = engine.maySetSpare(name, order.spare, order.image, begins); !may) return failure(may.error());
    }
    return foreseen(!same || begins);
}

}  // namespace

Result<Response> setSpare(Engine& engine, const Request& request) {
    auto name = request.id<ServerName>("server");
    if (!name) return failure(name.error());
    auto order = spareOrderIn(request);
    if (!order) return failure(order.error());
    const auto dry_run = dryRunIn(request);
    if (!dry_run) return failure(dry_run.error());
    auto server = engine.server(*name);
    if (!server) return failure(ErrorCode::NotFound, fmt::format("there is no server '{}'", name->text()));

    const auto& row = server->row;
    if (order->image.empty() && row) order->image = row->image;
    if (order->image.empty()) {
        auto newest = newestImageOf(engine, server->server);
        if (!newest) return failure(newest.error());
        order->image = *newest;
    }
    const bool same = row && row->spare == order->spare && row->image == order->image;
    if (!same) {
        auto fits = engine.spareFits(order->spare, order->image);
        if (!fits) return failure(fits.error());
    }
    if (*dry_run) return foresee(engine, *server, *order, same);
    std::optional<domain::OperationId> operation;
    if (!same && order->prepare) {
        auto begun = engine.setSpareAndPrepare(*name, order->spare, order->image, askerOf(request));
        if (!begun) return failure(begun.error());
        operation = *begun;
    } else if (!same) {
        auto set = engine.setSpare(*name, order->spare, order->image, askerOf(request));
        if (!set) return failure(set.error());
    }
    auto now = rowOf(engine, *name);
    Json shown = now ? viewOf(*now) : Json(nullptr);
    if (!order->prepare || (same && now && now->standin_ready && !now->stale)) return Response::json(shown);

    if (!operation) operation = preparationOf(engine, *name);
    if (!operation) {
        auto begun = engine.request({domain::OperationKind::Prepare, *name, {}, askerOf(request), ""});
        if (!begun) return failure(begun.error());
        operation = *begun;
    }
    shown["operation"] = *operation;
    return accepted(*operation, shown);
}

Result<Response> unsetSpare(Engine& engine, const Request& request) {
    auto name = request.id<ServerName>("server");
    if (!name) return failure(name.error());
    if (!engine.server(*name))
        return failure(ErrorCode::NotFound, fmt::format("there is no server '{}'", name->text()));
    const auto dry_run = dryRunIn(request);
    if (!dry_run) return failure(dry_run.error());
    const bool has_row = rowOf(engine, *name).has_value();
    if (*dry_run) {
        if (!has_row) return foreseen(false);
        if (auto may = engine.mayUnsetSpare(*name); !may) return failure(may.error());
        return foreseen(true);
    }
    if (!has_row) return Response::empty();
    auto begun = engine.unsetSpare(*name, askerOf(request));
    if (!begun) return failure(begun.error());
    return accepted(*begun, Json{{"operation", *begun}});
}

}  // namespace standin::api
