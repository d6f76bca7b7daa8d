// The present state of a segment: its steering, its announcement and its description, read from record and view.
#include <algorithm>
#include <cctype>
#include <set>

#include "agent/switch/segment/segment_plan.hpp"

namespace standin::lan_switch {

using protocol::SegmentMember;
using protocol::SegmentOrder;

namespace {

const base::MemberName holder_name("holder");

MacAddress lowerCase(MacAddress mac) {
    std::transform(mac.begin(), mac.end(), mac.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return mac;
}

std::optional<std::uint32_t> forwardingPort(const SegmentMember& member, const FabricView& view) {
    const PortView* port = view.port(member.port.text());
    if (port == nullptr || port->of_ports.empty()) return std::nullopt;
    return port->of_ports.front();
}

// Ports of machines that Standin moves; all others of the VLAN are where clients are.
std::set<std::string> movedPorts(const FabricView& view) {
    std::set<std::string> moved;
    for (const auto& [id, record] : view.segments) {
        for (const auto& [port, vlan] : record.quarantine) moved.insert(port);
    }
    for (const auto& [name, port] : view.ports) {
        if (port.quarantine) moved.insert(name);
    }
    return moved;
}

std::vector<Steering::ClientPort> clientPorts(Vlan vlan, const FabricView& view) {
    const auto moved = movedPorts(view);
    std::vector<Steering::ClientPort> clients;
    for (const auto& [name, port] : view.ports) {
        if (moved.count(name) > 0 || !port.carries(vlan)) continue;
        for (const auto number : port.of_ports)
            clients.push_back({number, port.carriesTagged(vlan), port.carriesUntagged(vlan)});
    }
    return clients;
}

void describePort(const SegmentMember& member, bool owner, const PortView* port, std::vector<std::string>& warnings) {
    const std::string whose =
        "port '" + member.port.text() + "' of " + (owner ? "the owner '" : "member '") + member.name.text() + "'";
    if (port == nullptr) {
        warnings.push_back(whose + " does not exist on the switch" + (owner ? "; nobody serves the job" : ""));
    } else if (owner && port->of_ports.empty()) {
        warnings.push_back(whose + " does not forward; see the interface's 'error' column");
    } else if (owner && !port->link_up) {
        warnings.push_back(whose + " has no link");
    }
}

}  // namespace

bool needsSteering(const SegmentOrder& order) {
    return !order.owner.empty() && (!order.established.empty() || order.proxied);
}

std::optional<Steering> planSteering(const base::SegmentId& id, const SegmentRecord& record, const FabricView& view) {
    const SegmentOrder& order = record.order;
    if (!needsSteering(order)) return std::nullopt;
    const bool draining = !order.established.empty();
    const SegmentMember* owner = order.member(order.owner);
    const SegmentMember* new_owner = draining ? owner : order.member(holder_name);
    const SegmentMember* served = draining ? order.member(order.established) : owner;
    if (owner == nullptr || new_owner == nullptr || served == nullptr) return std::nullopt;
    const auto owner_port = forwardingPort(*owner, view);
    const auto new_owner_port = forwardingPort(*new_owner, view);
    if (!owner_port || !new_owner_port) return std::nullopt;
    const auto served_port = forwardingPort(*served, view);
    const SegmentMember* target = served_port ? served : new_owner;

    Steering steering;
    steering.segment = id;
    steering.vlan = order.vlan;
    steering.address = order.address;
    steering.clients = clientPorts(order.vlan, view);
    steering.new_connections_port = *new_owner_port;
    steering.new_connections_mac = lowerCase(new_owner->mac);
    steering.target = served_port.value_or(*new_owner_port);
    steering.target_mac = lowerCase(target->mac);
    steering.source_mac = lowerCase(served->mac);
    steering.takes_new = draining;
    steering.learn_at_ports = {*owner_port};
    steering.target_aside = steering.target != *owner_port;
    steering.back_leg_with_target = !order.back_leg_to.empty() && target->name == order.back_leg_to;
    steering.ports = order.job_ports;
    return steering;
}

std::optional<Announcement> planAnnouncement(const SegmentRecord& record) {
    const SegmentOrder& order = record.order;
    const SegmentMember* owner = order.owner.empty() ? nullptr : order.member(order.owner);
    if (owner == nullptr) return std::nullopt;
    const SegmentMember* worn = order.established.empty() ? owner : order.member(order.established);
    if (worn == nullptr) return std::nullopt;
    Announcement announcement{owner->port.text(), order.vlan, order.address, lowerCase(worn->mac), {}};
    for (const auto& member : order.members) announcement.stale.push_back(lowerCase(member.mac));
    return announcement;
}

protocol::Segment describeSegment(const base::SegmentId& id, const SegmentRecord& record, const FabricView& view,
                                  bool applied) {
    protocol::Segment segment;
    segment.id = id;
    segment.order = record.order;
    const SegmentOrder& order = record.order;
    bool placed = true;
    for (const auto& member : order.members) {
        const PortView* port = view.port(member.port.text());
        const bool owner = member.name == order.owner;
        segment.ports.push_back(
            {member.name, member.port, port != nullptr, port == nullptr ? std::nullopt : port->tag});
        describePort(member, owner, port, segment.warnings);
        placed = placed && (port == nullptr ? !owner : owner ? port->isAccess(order.vlan) : !port->carries(order.vlan));
    }
    if (!order.back_leg_port.empty()) {
        const PortView* port = view.port(order.back_leg_port.text());
        segment.ports.push_back({{}, order.back_leg_port, port != nullptr, port == nullptr ? std::nullopt : port->tag});
        if (port == nullptr)
            segment.warnings.push_back("the back leg's port '" + order.back_leg_port.text() +
                                       "' does not exist on the switch");
    }
    if (needsSteering(order) && !planSteering(id, record, view)) {
        segment.warnings.push_back("connections cannot be steered, since a port that is needed does not forward");
    }
    // The back leg, and ports that left other segments or this one, must not be astray here either.
    for (const auto& [name, wanted] : planRepair(view).ports) {
        placed = placed && record.quarantine.count(name) == 0 && !view.port(name)->carries(order.vlan);
    }
    segment.verified = placed && applied;
    return segment;
}

std::vector<std::string> leakingTrunks(const FabricView& view, const std::string& bridge, const VlanRange& quarantine) {
    std::vector<std::string> leaking;
    for (const auto& [name, port] : view.ports) {
        if (name == bridge) continue;  // the host's own end, which nothing is bridged through
        for (Vlan vlan = quarantine.first; vlan <= quarantine.last; ++vlan) {
            if (!port.carriesTagged(vlan)) continue;
            leaking.push_back(name);
            break;
        }
    }
    return leaking;
}

}  // namespace standin::lan_switch
