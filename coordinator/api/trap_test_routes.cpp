#include "coordinator/api/trap_test_routes.hpp"

#include <nlohmann/json.hpp>

#include "agent/http/router.hpp"
#include "coordinator/api/route_parts.hpp"
#include "coordinator/traps/trap_tests.hpp"

namespace standin::api {

using base::ErrorCode;
using base::failure;
using base::Result;
using protocol::Json;
using traps::TrapTests;

namespace {

Response list(const TrapTests& tests) {
    Json shown{{"trap_tests", Json::array()}};
    for (const auto& [server, state] : tests.all()) {
        auto one = toJson(state);
        one["server"] = server.text();
        shown["trap_tests"].push_back(std::move(one));
    }
    return Response::json(shown);
}

/// `{server}` or `{all: true}`: what comes of it is in the list.
Result<Response> begin(TrapTests& tests, const Request& request) {
    auto body = request.json();
    if (!body) return failure(body.error());
    protocol::JsonFields fields(*body, "trap test");
    const auto name = fields.text("server", "");
    const bool all = fields.boolean("all", false);
    if (all == !name.empty()) fields.problem("must have either 'server' or 'all: true'");
    if (auto read = fields.finish(all); !read) return failure(read.error());
    if (all) {
        tests.requestAll();
    } else {
        auto server = base::ServerName::parse(name);
        if (!server) return failure(server.error());
        if (auto requested = tests.request(*server); !requested) return failure(requested.error());
    }
    auto response = list(tests);
    response.status = 202;
    return response;
}

}  // namespace

void addTrapTestRoutes(http::Router& router, TrapTests& tests) {
    router.add("GET", "/v1/trap-tests", [&tests](const Request&) -> Result<Response> { return list(tests); });
    router.add("POST", "/v1/trap-tests", [&tests](const Request& request) { return begin(tests, request); });
}

}  // namespace standin::api
