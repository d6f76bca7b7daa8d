#include "coordinator/api/trap_routes.hpp"

#include <fmt/format.h>

#include "agent/base/text.hpp"
#include "agent/http/router.hpp"
#include "coordinator/api/route_parts.hpp"
#include "coordinator/api/views.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/traps/classify.hpp"
#include "coordinator/traps/trap_json.hpp"
#include "coordinator/traps/trap_log.hpp"

namespace standin::api {

using base::ErrorCode;
using base::failure;
using base::Result;
using engine::Engine;
using traps::ServerDirectory;
using traps::TrapLog;
using traps::TrapRecord;
using traps::TrapRules;

namespace {

Result<std::uint64_t> idIn(const std::string& name, const std::string& text) {
    Request request;
    request.parameters[name] = text;
    return numberIn(request, name);
}

Result<traps::TrapQuery> queryIn(const Request& request) {
    traps::TrapQuery query;
    auto limit = limitIn(request, query.limit, 1000);
    if (!limit) return failure(limit.error());
    query.limit = *limit;
    if (auto before = request.query.find("before"); before != request.query.end()) {
        auto id = idIn("before", before->second);
        if (!id) return failure(id.error().within("before"));
        query.before = *id;
    }
    if (auto outcome = request.query.find("outcome"); outcome != request.query.end()) {
        query.outcome = traps::outcomeFrom(outcome->second);
        if (nameOf(*query.outcome) != outcome->second) {
            return failure(ErrorCode::InvalidInput,
                           fmt::format("outcome: there is no '{}'", base::shortened(outcome->second, 40)));
        }
    }
    if (auto server = request.query.find("server"); server != request.query.end()) {
        auto name = base::ServerName::parse(server->second);
        if (!name) return failure(name.error());
        query.server = *name;
    }
    return query;
}

Result<Response> list(TrapLog& trap_log, const Request& request) {
    auto query = queryIn(request);
    if (!query) return failure(query.error());
    auto records = trap_log.list(*query);
    if (!records) return failure(records.error());
    return Response::json(listOf("traps", *records, [](const TrapRecord& record) { return toJson(record); }));
}

Result<TrapRecord> findBy(TrapLog& trap_log, const Request& request) {
    auto id = numberIn(request, "id");
    if (!id) return failure(id.error());
    return trap_log.find(*id);
}

/// One sentence: the coordinator's reaction if the trap came now.
Json actionOn(const traps::Verdict& verdict, const Engine& engine) {
    using Kind = Engine::ReportOutcome::Kind;
    if (verdict.outcome != traps::Verdict::Outcome::Failure)
        return {{"begins", nullptr}, {"text", "nothing; the trap is kept in the log"}};
    auto outcome = engine.foresee({verdict.server, verdict.kind, verdict.reason, "explanation", {}});
    if (!outcome) return {{"begins", nullptr}, {"text", "not known: " + outcome.error().message}};
    switch (outcome->kind) {
        case Kind::Opened:
            return {{"begins", "failover"}, {"text", fmt::format("a failover of server '{}'", verdict.server.text())}};
        case Kind::Merged:
            return {{"begins", nullptr}, {"text", "it is counted, and begins nothing: " + outcome->reason}};
        case Kind::Refused:
            break;
    }
    return {{"begins", nullptr}, {"text", "nothing: " + outcome->reason}};
}

/// The objects that the explaining routes use.
struct Explainer {
    const TrapRules& rules;
    const ServerDirectory& servers;
    const Engine& engine;

    [[nodiscard]] Response explain(const TrapRecord& record) const {
        const auto explanation = traps::explain(record.trap, rules, servers);
        auto shown = toJson(explanation);
        shown["action"] = actionOn(explanation.verdict, engine);
        shown["trap"] = toJson(record);
        return Response::json(shown);
    }

    /// A trap given by the client, checked against today's rules. It starts nothing.
    [[nodiscard]] Result<Response> explainGiven(const Request& request) const {
        auto body = request.json();
        if (!body) return failure(body.error());
        auto record = traps::trapRecordFrom(*body);
        if (!record) return failure(ErrorCode::InvalidInput, record.error().message);
        return explain(*record);
    }
};

}  // namespace

void addTrapRoutes(http::Router& router, TrapLog& trap_log, const TrapRules& rules, const ServerDirectory& servers,
                   const Engine& engine) {
    const Explainer explainer{rules, servers, engine};
    router.add("GET", "/v1/traps", [&trap_log](const Request& request) { return list(trap_log, request); });
    router.add("GET", "/v1/traps/{id}", [&trap_log](const Request& request) -> Result<Response> {
        auto record = findBy(trap_log, request);
        if (!record) return failure(record.error());
        return Response::json(toJson(*record));
    });
    router.add("GET", "/v1/traps/{id}/explanation", [&trap_log, explainer](const Request& request) -> Result<Response> {
        auto record = findBy(trap_log, request);
        if (!record) return failure(record.error());
        return explainer.explain(*record);
    });
    // Two names for one thing: clients of the first release ask for 'explanations'.
    for (const auto* path : {"/v1/traps/explain", "/v1/traps/explanations"}) {
        router.add("POST", path, http::Access::Read,
                   [explainer](const Request& request) { return explainer.explainGiven(request); });
    }
}

}  // namespace standin::api
