#include "coordinator/api/inventory_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "agent/http/router.hpp"
#include "coordinator/api/route_parts.hpp"
#include "coordinator/api/spare_setting.hpp"
#include "coordinator/api/views.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/journal/journal.hpp"
#include "coordinator/traps/degraded_conditions.hpp"
#include "coordinator/traps/trap_tests.hpp"

namespace standin::api {

using base::ErrorCode;
using base::failure;
using base::Result;
using base::ServerName;
using engine::Engine;
using traps::DegradedConditions;

namespace {

/// What traps have told of servers, and whether they can.
struct TrapFacts {
    DegradedConditions& degraded;
    const traps::TrapTests& tests;
};

Json serverView(const engine::ServerSnapshot& snapshot, const TrapFacts& facts) {
    auto view = viewOf(snapshot);
    const auto& degraded = facts.degraded;
    view["trap_path"] = toJson(facts.tests.of(snapshot.server.name));
    view["degraded"] = Json::array();
    for (const auto& condition : degraded.of(snapshot.server.name)) view["degraded"].push_back(toJson(condition));
    return view;
}

Result<Response> showServer(const Engine& engine, const TrapFacts& facts, const Request& request) {
    auto name = request.id<ServerName>("server");
    if (!name) return failure(name.error());
    auto server = engine.server(*name);
    if (!server) return failure(ErrorCode::NotFound, fmt::format("there is no server '{}'", name->text()));
    return Response::json(serverView(*server, facts));
}

/// An operator who sets a server into maintenance takes care of it and knows its degraded conditions.
Result<Response> setMaintenance(Engine& engine, const TrapFacts& facts, const Request& request) {
    auto name = request.id<ServerName>("server");
    if (!name) return failure(name.error());
    auto body = request.json();
    if (!body) return failure(body.error());
    protocol::JsonFields fields(*body, "maintenance");
    bool on = fields.boolean("on", true);
    auto why = fields.text("why", "", 500);
    if (auto read = fields.finish(on); !read) return failure(read.error());
    const auto dry_run = dryRunIn(request);
    if (!dry_run) return failure(dry_run.error());
    if (*dry_run) {
        const auto now = engine.server(*name);
        if (!now) return failure(ErrorCode::NotFound, fmt::format("server '{}' is not configured", name->text()));
        return foreseen(now->maintenance != on || (on && now->maintenance_why != why));
    }
    if (auto set = engine.setMaintenance(*name, on, why, askerOf(request)); !set) return failure(set.error());
    if (on) facts.degraded.acknowledge(*name);
    return showServer(engine, facts, request);
}

Result<Response> jobReturned(Engine& engine, const Request& request) {
    auto name = request.id<ServerName>("server");
    if (!name) return failure(name.error());
    auto discard = discardIn(request);
    if (!discard) return failure(discard.error());
    if (auto may = mayDiscard(request, *discard); !may) return failure(may.error());
    const auto dry_run = dryRunIn(request);
    if (!dry_run) return failure(dry_run.error());
    if (*dry_run) {
        if (auto may = engine.mayReturn(*name, *discard); !may) return failure(may.error());
        return foreseen(true);
    }
    const auto before = engine.server(*name);
    if (auto done = engine.returned(*name, askerOf(request), *discard); !done) return failure(done.error());
    const auto now = engine.server(*name);
    auto view = now ? viewOf(*now) : Json::object();
    std::vector<domain::HeldWrites> lost;
    if (before) lost = before->placement.writes;
    std::erase_if(lost, [](const auto& one) { return one.by == domain::HeldWrites::By::Server || one.given_up; });
    view["discarded"] = viewOf(lost);
    return Response::json(view);
}

Json markOf(const standin::audit::AuditMark& mark) {
    return mark.number == 0 ? Json(nullptr) : Json(mark.text());
}

Result<Response> listAudit(const Engine& engine, const Request& request) {
    auto limit = limitIn(request, 100, 1000);
    if (!limit) return failure(limit.error());
    auto before = std::numeric_limits<std::uint64_t>::max();
    if (auto asked = request.query.find("before"); asked != request.query.end()) {
        Request given;
        given.parameters["before"] = asked->second;
        auto number = numberIn(given, "before");
        if (!number) return failure(number.error().within("before"));
        before = *number;
    }
    auto page = engine.auditPage(*limit, before);
    if (!page) return failure(page.error());
    auto view = listOf("entries", page->entries, [](const domain::AuditEntry& entry) { return viewOf(entry); });
    view["head"] = markOf(page->head);
    view["forgotten"] = markOf(page->forgotten);
    return Response::json(view);
}

}  // namespace

void addInventoryRoutes(http::Router& router, Engine& engine, DegradedConditions& degraded,
                        const traps::TrapTests& tests) {
    const TrapFacts facts{degraded, tests};
    router.add("GET", "/v1/servers", [&engine, facts](const Request&) -> Result<Response> {
        return Response::json(
            listOf("servers", engine.servers(), [&](const auto& server) { return serverView(server, facts); }));
    });
    router.add("GET", "/v1/servers/{server}",
               [&engine, facts](const Request& request) { return showServer(engine, facts, request); });
    router.add("PUT", "/v1/servers/{server}/maintenance",
               [&engine, facts](const Request& request) { return setMaintenance(engine, facts, request); });
    // Which role it needs depends on the body.
    router.add("POST", "/v1/servers/{server}/return", http::Access::Read,
               [&engine](const Request& request) { return jobReturned(engine, request); });
    router.add("GET", "/v1/spares", [&engine](const Request&) -> Result<Response> {
        return Response::json(listOf("spares", engine.spares(), [](const auto& spare) { return viewOf(spare); }));
    });
    router.add("GET", "/v1/spare-table", [&engine](const Request&) -> Result<Response> {
        return Response::json(listOf("spare_table", engine.spareTable(), [](const auto& row) { return viewOf(row); }));
    });
    router.add("PUT", "/v1/spare-table/{server}",
               [&engine](const Request& request) { return setSpare(engine, request); });
    router.add("DELETE", "/v1/spare-table/{server}",
               [&engine](const Request& request) { return unsetSpare(engine, request); });
    router.add("GET", "/v1/agents", [&engine](const Request&) -> Result<Response> {
        return Response::json(listOf("agents", engine.agents(), [](const auto& agent) { return viewOf(agent); }));
    });
    router.add("GET", "/v1/audit", [&engine](const Request& request) { return listAudit(engine, request); });
}

}  // namespace standin::api
