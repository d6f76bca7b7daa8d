#include "coordinator/api/plan_routes.hpp"

#include <algorithm>
#include <set>

#include "agent/http/router.hpp"
#include "agent/protocol/image.hpp"
#include "coordinator/api/route_parts.hpp"
#include "coordinator/api/views.hpp"
#include "coordinator/engine/engine.hpp"

namespace standin::api {

using base::failure;
using base::Result;
using engine::Engine;

namespace {

/// The past from which durations are learned: enough for a median of each, and bounded.
constexpr std::size_t past_operations = 500;
constexpr std::size_t most_names = 10000;

template <typename Name>
std::vector<Name> namesIn(protocol::JsonFields& fields, const char* field) {
    std::vector<Name> names;
    for (const auto& text : fields.array(field, most_names)) {
        auto name = Name::parse(text.is_string() ? text.get<std::string>() : std::string());
        if (!name) fields.problem(name.error().message);
        if (name) names.push_back(*name);
    }
    return names;
}

Result<what_if::Question> questionIn(const Request& request) {
    auto body = request.json();
    if (!body) return failure(body.error());
    protocol::JsonFields fields(*body, "plan");
    what_if::Question question;
    question.server = fields.optionalId<base::ServerName>("server");
    protocol::JsonFields failing(fields.object("fail"), "fail");
    for (const auto& rack : failing.array("racks", most_names)) {
        if (!rack.is_string()) failing.problem("a rack is named by a text");
        if (rack.is_string()) question.failures.racks.push_back(rack.get<std::string>());
    }
    question.failures.servers = namesIn<base::ServerName>(failing, "servers");
    question.failures.spares = namesIn<base::SpareName>(failing, "spares");
    question.failures.vm_hosts = namesIn<base::AgentName>(failing, "vm_hosts");
    if (auto read = failing.finish(true); !read) return failure(read.error());
    if (auto read = fields.finish(true); !read) return failure(read.error());
    return question;
}

what_if::Situation situationOf(const Engine& engine) {
    what_if::Situation situation;
    situation.inventory = engine.inventory();
    auto& contents = situation.contents;
    contents.epoch = engine.epoch();
    contents.rows = engine.spareTable();
    for (const auto& spare : engine.spares()) {
        if (spare.lease) contents.leases.push_back(*spare.lease);
    }
    for (const auto& server : engine.servers()) {
        contents.placements[server.server.name] = server.placement;
        if (server.maintenance) contents.maintenance[server.server.name] = {true, server.maintenance_why};
    }
    const auto past = engine.operations(past_operations);
    situation.durations = what_if::Durations(past);
    for (const auto& operation : past) {
        contents.last_operation = std::max(contents.last_operation, operation.id);
        if (!isOpen(operation)) continue;
        if (isResting(operation.state)) {
            contents.operations.insert(contents.operations.begin(), operation);
        } else {
            situation.busy[operation.server] = operation.id;
        }
    }
    situation.capacities = engine.capacities();
    // A store that did not answer the watch is not waited for: then the size of an image is assumed.
    std::set<base::AgentName> silent;
    for (const auto& agent : engine.agents()) {
        if (!agent.reachable) silent.insert(agent.name);
    }
    const auto& servers = situation.inventory.servers;
    const bool stores_answer = std::none_of(servers.begin(), servers.end(),
                                            [&](const auto& one) { return silent.count(one.second.image_store) > 0; });
    if (!stores_answer) return situation;
    if (auto images = engine.images()) {
        for (const auto& image : *images) situation.image_bytes[image.id] = image.stored_bytes;
    }
    return situation;
}

Result<Response> make(const Engine& engine, const Rehearse& rehearse, const Request& request) {
    auto question = questionIn(request);
    if (!question) return failure(question.error());
    auto plan = rehearse(situationOf(engine), *question);
    if (!plan) return failure(plan.error());
    return Response::json(std::move(*plan));
}

}  // namespace

void addPlanRoutes(http::Router& router, Engine& engine, Rehearse rehearse) {
    router.add(
        "POST", "/v1/plans", http::Access::Read,
        [&engine, rehearse = std::move(rehearse)](const Request& request) { return make(engine, rehearse, request); });
}

}  // namespace standin::api
