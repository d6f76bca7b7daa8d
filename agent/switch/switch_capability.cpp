#include "agent/switch/switch_capability.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace standin::lan_switch {

using base::failure;
using http::Request;
using http::Response;
using protocol::Json;

namespace {

const char* nameOf(PortView::Mode mode) {
    switch (mode) {
        case PortView::Mode::Access:
            return "access";
        case PortView::Mode::Trunk:
            return "trunk";
        case PortView::Mode::NativeTagged:
            return "native-tagged";
        case PortView::Mode::NativeUntagged:
            return "native-untagged";
        case PortView::Mode::Tunnel:
            return "dot1q-tunnel";
    }
    return "";
}

Json jsonOf(const PortView& port, const FabricView& view) {
    Json json{{"port", port.name},
              {"mode", nameOf(port.mode)},
              {"vlan", port.tag ? Json(*port.tag) : Json(nullptr)},
              {"trunks", port.trunks},
              {"quarantine_vlan", port.quarantine ? Json(*port.quarantine) : Json(nullptr)},
              {"forwards", !port.of_ports.empty()},
              {"link", port.link_up},
              {"segment", nullptr},
              {"member", nullptr}};
    for (const auto& [id, record] : view.segments) {
        if (record.quarantine.count(port.name) == 0) continue;
        json["segment"] = id.text();
        for (const auto& member : record.order.members) {
            if (member.port.text() == port.name) json["member"] = member.name.text();
        }
    }
    return json;
}

bool hasMemberAt(const protocol::Segment& segment, const std::string& port) {
    return std::any_of(segment.order.members.begin(), segment.order.members.end(),
                       [&](const auto& member) { return member.port.text() == port; });
}

KeeperObserver observerFor(http::Metrics& metrics) {
    return {[&metrics](const std::string& outcome, double transaction_ms, double announce_ms) {
                metrics.count("standin_segment_orders_total", "Orders to give a segment to an owner, by outcome",
                              {{"outcome", outcome}});
                if (transaction_ms > 0) {
                    metrics.observeSeconds("standin_segment_transaction_seconds",
                                           "From the transaction's start until the switch has applied it",
                                           transaction_ms / 1e3);
                }
                if (announce_ms > 0) {
                    metrics.observeSeconds("standin_segment_announce_seconds",
                                           "Injecting the first announcement of a new owner", announce_ms / 1e3);
                }
            },
            [&metrics](const std::string&) {
                metrics.count("standin_segment_repairs_total",
                              "Ports that were found outside their place and put back");
            }};
}

}  // namespace

SwitchCapability::SwitchCapability(const SwitchSettings& settings, const base::Clock& clock, http::Metrics& metrics,
                                   const base::Log& log)
    : settings_(settings),
      fabric_(settings.places, log.named("switch")),
      keeper_(fabric_, settings.quarantine, observerFor(metrics), clock, log.named("switch")) {
    metrics.onRender([this](http::Metrics& rendered) {
        auto segments = keeper_.segments();
        rendered.set("standin_switch_reachable", "1 if the switch's database answers", segments ? 1 : 0);
        if (!segments) return;
        for (const auto& segment : *segments) {
            rendered.set("standin_segment_verified", "1 if exactly the owner's port is in the segment's VLAN",
                         segment.verified ? 1 : 0, {{"segment", segment.id.text()}});
            for (const auto& member : segment.order.members) {
                rendered.set("standin_segment_owner", "1 for the member that owns the segment",
                             member.name == segment.order.owner ? 1 : 0,
                             {{"segment", segment.id.text()}, {"member", member.name.text()}});
            }
        }
    });
}

SwitchCapability::~SwitchCapability() {
    stop();
}

base::Result<void> SwitchCapability::start() {
    keeper_.start();
    return {};
}

void SwitchCapability::stop() {
    keeper_.stop();
}

void SwitchCapability::addRoutes(http::Router& router) {
    router.add("GET", "/v1/segments", [this](const Request& request) -> base::Result<Response> {
        auto segments = keeper_.segments();
        if (!segments) return failure(segments.error());
        const auto port = request.query.find("port");
        Json list = Json::array();
        for (const auto& segment : *segments) {
            if (port == request.query.end() || hasMemberAt(segment, port->second)) list.push_back(toJson(segment));
        }
        return Response::json({{"segments", list}});
    });
    router.add("GET", "/v1/segments/{segment}", [this](const Request& request) -> base::Result<Response> {
        auto id = request.id<base::SegmentId>("segment");
        if (!id) return failure(id.error());
        return http::answer(keeper_.segment(*id));
    });
    router.add("PUT", "/v1/segments/{segment}", [this](const Request& request) -> base::Result<Response> {
        auto id = request.id<base::SegmentId>("segment");
        if (!id) return failure(id.error());
        auto json = request.json();
        if (!json) return failure(json.error());
        auto order = protocol::segmentOrderFrom(*json);
        if (!order) return failure(order.error());
        return http::answer(keeper_.order(*id, *order, {request.stamp.value().epoch, request.stamp.value().sequence}));
    });
    router.add("DELETE", "/v1/segments/{segment}", [this](const Request& request) -> base::Result<Response> {
        auto id = request.id<base::SegmentId>("segment");
        if (!id) return failure(id.error());
        auto forgotten = keeper_.forget(*id);
        if (!forgotten) return failure(forgotten.error());
        return Response::empty();
    });
    router.add("POST", "/v1/segments/{segment}/announcements",
               [this](const Request& request) -> base::Result<Response> {
                   auto id = request.id<base::SegmentId>("segment");
                   if (!id) return failure(id.error());
                   return http::answer(keeper_.announce(*id));
               });
    router.add("GET", "/v1/ports", [this](const Request& request) {
        const auto port = request.query.find("port");
        return port == request.query.end() ? ports() : readPort(port->second);
    });
}

base::Result<Response> SwitchCapability::ports() {
    auto now = keeper_.view();
    if (!now) return failure(now.error());
    const FabricView& view = **now;
    Json list = Json::array();
    for (const auto& [name, port] : view.ports) list.push_back(jsonOf(port, view));
    return Response::json({{"ports", list}});
}

// The coordinator asks this when the port's machine is said to have failed. Nobody waits here for a change that is
// being applied.
base::Result<Response> SwitchCapability::readPort(const std::string& name) {
    auto id = base::PortName::parse(name);
    if (!id) return failure(id.error());
    auto frames = fabric_.receivedFrames(name);
    if (!frames) return failure(frames.error());
    auto now = fabric_.view();
    if (!now) return failure(now.error());
    const PortView* port = (*now)->port(name);
    Json json = port == nullptr ? Json::object() : jsonOf(*port, **now);
    protocol::PortReading reading{*id, port != nullptr, port != nullptr && port->link_up && !port->of_ports.empty(),
                                  *frames};
    json.update(toJson(reading));
    return Response::json({{"ports", Json::array({json})}});
}

void SwitchCapability::checkHealth(protocol::Health& health) {
    auto now = keeper_.view();
    health.checks.push_back({"switch reachable", now.has_value(),
                             now ? "bridge '" + settings_.places.bridge + "' is followed" : now.error().message,
                             now ? "" : "start Open vSwitch (ovsdb-server, ovs-vswitchd) and make the bridge"});
    if (!now) return;
    const FabricView& view = **now;
    // Also while nothing waits to be applied: one that hangs or has gone has to be known before a server fails.
    const auto answers = fabric_.daemonAnswers();
    const bool applies = view.applied && answers;
    health.checks.push_back({"switch applies", applies,
                             applies         ? "ovs-vswitchd works as configured"
                             : !view.applied ? "ovs-vswitchd has not applied the last configuration"
                                             : answers.error().message,
                             applies ? "" : "is ovs-vswitchd running? see its log; if it hangs, restart it"});
    for (const auto& problem : view.problems) {
        health.checks.push_back({"segment records", false, problem, "remove that key, then order the segment again"});
    }
    auto segments = keeper_.segments();
    if (!segments) return;
    for (const auto& segment : *segments) {
        const std::string owner = segment.order.owner.empty() ? "nobody" : "'" + segment.order.owner.text() + "'";
        health.checks.push_back(
            {"segment " + segment.id.text(), segment.verified,
             segment.verified ? "owned by " + owner : "ports are not as ordered (owner: " + owner + ")",
             segment.verified ? "" : "order the segment again; see GET /v1/segments/" + segment.id.text()});
        for (const auto& warning : segment.warnings)
            health.warnings.push_back("segment " + segment.id.text() + ": " + warning);
    }
    for (const auto& port : leakingTrunks(view, settings_.places.bridge, settings_.quarantine)) {
        health.warnings.push_back(
            fmt::format("trunk port '{}' carries quarantine VLANs {}-{} off this switch; set its 'trunks'", port,
                        settings_.quarantine.first, settings_.quarantine.last));
    }
}

}  // namespace standin::lan_switch
