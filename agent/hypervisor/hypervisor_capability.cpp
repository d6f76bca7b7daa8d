#include "agent/hypervisor/hypervisor_capability.hpp"

#include <fmt/format.h>

#include "agent/base/number.hpp"
#include "agent/hypervisor/libvirt/libvirt_domains.hpp"

namespace standin::hypervisor {

namespace {

using base::StandInName;
using http::Request;
using http::Response;
using Answer = base::Result<Response>;
using protocol::Json;
using protocol::StandInState;

constexpr int accepted = 202;

base::Result<StandInState> wantedStateFrom(const Request& request) {
    auto json = request.json();
    if (!json) return base::failure(json.error());
    protocol::JsonFields fields(*json, "stand-in state");
    auto state = protocol::standInStateFrom(fields.text("state"));
    const bool settable = state && (*state == StandInState::Running || *state == StandInState::Suspended ||
                                    *state == StandInState::Stopped || *state == StandInState::Kept);
    if (!settable) fields.problem("field 'state' must be 'running', 'suspended', 'stopped' or 'kept'");
    return fields.finish(state.value_or(StandInState::Unknown));
}

// Calls `act(name)` if the path names a stand-in.
template <typename Act>
Answer forStandIn(const Request& request, Act act) {
    auto name = request.id<StandInName>("name");
    if (!name) return base::failure(name.error());
    return act(*name);
}

Answer makeStandIn(StandIns& stand_ins, const Request& request) {
    return forStandIn(request, [&](const StandInName& name) -> Answer {
        auto json = request.json();
        if (!json) return base::failure(json.error());
        auto definition = protocol::standInDefinitionFrom(*json);
        if (!definition) return base::failure(definition.error());
        auto made = stand_ins.make(name, *definition);
        if (!made) return base::failure(made.error());
        auto response = Response::json(toJson(*made), made->state == StandInState::Making ? accepted : 200);
        response.headers["Location"] = "/v1/stand-ins/" + name.text();
        return response;
    });
}

Answer setState(StandIns& stand_ins, const Request& request) {
    return forStandIn(request, [&](const StandInName& name) -> Answer {
        auto wanted = wantedStateFrom(request);
        if (!wanted) return base::failure(wanted.error());
        return http::answer(stand_ins.setState(name, *wanted));
    });
}

Answer setResources(StandIns& stand_ins, const Request& request) {
    return forStandIn(request, [&](const StandInName& name) -> Answer {
        auto json = request.json();
        if (!json) return base::failure(json.error());
        auto resources = protocol::standInResourcesFrom(*json);
        if (!resources) return base::failure(resources.error());
        return http::answer(stand_ins.setResources(name, *resources));
    });
}

// Longer than any client waits for a clock; the wait keeps one of the server's threads.
constexpr unsigned longest_clock_wait_ms = 5000;

Answer clockOf(StandIns& stand_ins, const Request& request) {
    return forStandIn(request, [&](const StandInName& name) -> Answer {
        unsigned within_ms = 0;
        if (const auto asked = request.query.find("within_ms"); asked != request.query.end()) {
            const auto read = base::parseNumber<unsigned>(asked->second);
            if (!read || *read > longest_clock_wait_ms) {
                return base::failure(base::ErrorCode::InvalidInput,
                                     fmt::format("within_ms must be a number from 0 to {}", longest_clock_wait_ms));
            }
            within_ms = *read;
        }
        return http::answer(stand_ins.clock(name, std::chrono::milliseconds(within_ms)));
    });
}

Answer removeStandIn(StandIns& stand_ins, const Request& request) {
    return forStandIn(request, [&](const StandInName& name) -> Answer {
        auto removed = stand_ins.remove(name);
        if (!removed) return base::failure(removed.error());
        return Response::empty();
    });
}

}  // namespace

HypervisorCapability::HypervisorCapability(HypervisorSettings settings, base::AgentName agent,
                                           std::unique_ptr<ImageSource> images, const base::Clock& clock,
                                           http::Metrics& metrics, const base::Log& log)
    : images_(std::move(images)),
      domains_(std::make_unique<LibvirtDomains>(settings.uri)),
      stand_ins_({std::move(settings), agent.text(), *domains_, clock, metrics, log.named("hypervisor")}, *images_) {}

HypervisorCapability::~HypervisorCapability() = default;

void HypervisorCapability::addRoutes(http::Router& router) {
    auto& stand_ins = stand_ins_;
    router.add("GET", "/v1/capacity", [&](const Request&) { return http::answer(stand_ins.capacity()); });
    router.add("GET", "/v1/stand-ins", [&](const Request&) -> Answer {
        auto all = Json::array();
        for (const auto& stand_in : stand_ins.list()) all.push_back(toJson(stand_in));
        return Response::json(all);
    });
    router.add("GET", "/v1/stand-ins/{name}", [&](const Request& request) {
        return forStandIn(request, [&](const StandInName& name) { return http::answer(stand_ins.get(name)); });
    });
    router.add("GET", "/v1/stand-ins/{name}/requests", [&](const Request& request) {
        return forStandIn(request, [&](const StandInName& name) { return http::answer(stand_ins.requests(name)); });
    });
    router.add("GET", "/v1/stand-ins/{name}/clock",
               [&](const Request& request) { return clockOf(stand_ins, request); });
    router.add("PUT", "/v1/stand-ins/{name}", [&](const Request& request) { return makeStandIn(stand_ins, request); });
    router.add("PUT", "/v1/stand-ins/{name}/state",
               [&](const Request& request) { return setState(stand_ins, request); });
    router.add("PUT", "/v1/stand-ins/{name}/resources",
               [&](const Request& request) { return setResources(stand_ins, request); });
    router.add("DELETE", "/v1/stand-ins/{name}",
               [&](const Request& request) { return removeStandIn(stand_ins, request); });
}

}  // namespace standin::hypervisor
