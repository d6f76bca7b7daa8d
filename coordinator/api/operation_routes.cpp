#include "coordinator/api/operation_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "agent/base/text.hpp"
#include "agent/http/router.hpp"
#include "coordinator/api/route_parts.hpp"
#include "coordinator/api/views.hpp"
#include "coordinator/engine/engine.hpp"

namespace standin::api {

using base::ErrorCode;
using base::failure;
using base::Result;
using base::ServerName;
using domain::OperationId;
using engine::Engine;

namespace {

constexpr std::size_t most_listed = 1000;

/// Kinds of the contract that this release does not carry out.
constexpr std::array<std::string_view, 3> later_kinds{"drill", "switchover", "failback"};

Result<domain::OperationKind> kindNamed(const std::string& name) {
    if (auto kind = domain::operationKindFrom(name)) return *kind;
    if (std::find(later_kinds.begin(), later_kinds.end(), name) != later_kinds.end()) {
        return failure(ErrorCode::Unsupported,
                       fmt::format("operation '{}' is not there yet: this release does not carry it out", name));
    }
    return failure(
        ErrorCode::InvalidInput,
        fmt::format("operation: kind '{}' is none of prepare, refresh, backup, failover", base::shortened(name, 40)));
}

Result<engine::OperationRequest> orderIn(const Request& request) {
    auto body = request.json();
    if (!body) return failure(body.error());
    protocol::JsonFields fields(*body, "operation");
    engine::OperationRequest order;
    auto kind_name = fields.text("kind", 40);
    order.server = fields.id<ServerName>("server");
    order.image = fields.optionalId<base::ImageId>("image");
    order.cause = fields.text("cause", "", 500);
    order.asked_by = askerOf(request);
    if (auto read = fields.finish(true); !read) return failure(read.error());
    auto kind = kindNamed(kind_name);
    if (!kind) return failure(kind.error());
    order.kind = *kind;
    return order;
}

Result<Response> show(const Engine& engine, OperationId id) {
    auto operation = engine.operation(id);
    if (!operation) return failure(ErrorCode::NotFound, fmt::format("there is no operation {}", id));
    return Response::json(viewOf(*operation));
}

Result<Response> admitted(const Result<void>& may) {
    return may ? Result<Response>(foreseen(true)) : failure(may.error());
}

Result<Response> begin(Engine& engine, const Request& request) {
    auto order = orderIn(request);
    if (!order) return failure(order.error());
    const auto dry_run = dryRunIn(request);
    if (!dry_run) return failure(dry_run.error());
    if (*dry_run) return admitted(engine.mayRequest(*order));
    auto id = engine.request(*order);
    if (!id) return failure(id.error());
    auto operation = engine.operation(*id);
    return accepted(*id, operation ? viewOf(*operation) : Json{{"id", *id}});
}

Result<Response> list(const Engine& engine, const Request& request) {
    auto limit = limitIn(request, 100, most_listed);
    if (!limit) return failure(limit.error());
    auto server = request.query.find("server");
    auto operations = engine.operations(server == request.query.end() ? *limit : most_listed);
    if (server != request.query.end()) {
        std::erase_if(operations,
                      [&](const domain::Operation& operation) { return operation.server.text() != server->second; });
        if (operations.size() > *limit) operations.resize(*limit);
    }
    auto listed = listOf("operations", operations, [](const domain::Operation& one) { return summaryOf(one); });
    listed["freeze"] = viewOf(engine.frozen());
    return Response::json(listed);
}

/// The lines as the journal has them, including those that another version wrote.
Result<Response> showRecord(const Engine& engine, const Request& request) {
    auto id = numberIn(request, "id");
    if (!id) return failure(id.error());
    auto lines = engine.record(*id);
    if (!lines) return failure(lines.error());
    auto response = Response::json(Json::object());
    response.body =
        fmt::format(R"({{"operation":{},"version":"{}","record":[{}]}})", *id, STANDIN_VERSION, fmt::join(*lines, ","));
    return response;
}

using Remedy = Result<void> (Engine::*)(OperationId, const std::string&);
using Admission = Result<void> (Engine::*)(OperationId) const;

http::Handler remedyBy(Engine& engine, Remedy remedy, Admission may) {
    return [&engine, remedy, may](const Request& request) -> Result<Response> {
        auto id = numberIn(request, "id");
        if (!id) return failure(id.error());
        const auto dry_run = dryRunIn(request);
        if (!dry_run) return failure(dry_run.error());
        if (*dry_run) return admitted((engine.*may)(*id));
        if (auto done = (engine.*remedy)(*id, askerOf(request)); !done) return failure(done.error());
        auto operation = engine.operation(*id);
        return accepted(*id, operation ? viewOf(*operation) : Json{{"id", *id}});
    };
}

/// A `close` may agree to lose the job's writes on the stand-in.
Result<Response> closeOperation(Engine& engine, const Request& request) {
    auto id = numberIn(request, "id");
    if (!id) return failure(id.error());
    auto discard = discardIn(request);
    if (!discard) return failure(discard.error());
    if (auto may = mayDiscard(request, *discard); !may) return failure(may.error());
    const auto dry_run = dryRunIn(request);
    if (!dry_run) return failure(dry_run.error());
    if (*dry_run) return admitted(engine.mayClose(*id, *discard));
    if (auto done = engine.close(*id, askerOf(request), *discard); !done) return failure(done.error());
    auto operation = engine.operation(*id);
    auto view = operation ? viewOf(*operation) : Json{{"id", *id}};
    const auto server = operation ? engine.server(operation->server) : std::nullopt;
    const bool keeps = server && !*discard && domain::keepsStandIn(*operation, server->server);
    view["kept_disk"] = keeps ? protocol::nullable(operation->stand_in) : Json(nullptr);
    return accepted(*id, view);
}

}  // namespace

void addOperationRoutes(http::Router& router, Engine& engine) {
    router.add("POST", "/v1/operations", [&engine](const Request& request) { return begin(engine, request); });
    router.add("GET", "/v1/operations", [&engine](const Request& request) { return list(engine, request); });
    router.add("GET", "/v1/operations/{id}", [&engine](const Request& request) -> Result<Response> {
        auto id = numberIn(request, "id");
        if (!id) return failure(id.error());
        return show(engine, *id);
    });
    router.add("GET", "/v1/operations/{id}/decisions",
               [&engine](const Request& request) { return showRecord(engine, request); });
    router.add("POST", "/v1/operations/{id}/retry", remedyBy(engine, &Engine::retry, &Engine::mayRetry));
    router.add("POST", "/v1/operations/{id}/cancel", remedyBy(engine, &Engine::cancel, &Engine::mayCancel));
    router.add("POST", "/v1/operations/{id}/fence-confirmation", http::Access::Confirm,
               remedyBy(engine, &Engine::confirmFence, &Engine::mayConfirmFence));
    // Which role it needs depends on the body.
    router.add("POST", "/v1/operations/{id}/close", http::Access::Read,
               [&engine](const Request& request) { return closeOperation(engine, request); });
}

}  // namespace standin::api
