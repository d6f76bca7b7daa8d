#include "coordinator/engine/placement_order.hpp"

#include <fmt/format.h>

#include "coordinator/domain/segment_members.hpp"

namespace standin::engine {

using domain::holder_member;
using domain::Placement;
using domain::server_member;
using domain::spare_member;
using domain::stand_in_member;

base::MemberName ownerOf(Placement::On on) {
    switch (on) {
        case Placement::On::Server:
            return server_member;
        case Placement::On::StandIn:
            return stand_in_member;
        case Placement::On::Spare:
            return spare_member;
        case Placement::On::Nobody:
            break;
    }
    return {};
}

std::string executorText(const WatchedPlacement& placed) {
    switch (placed.placement.on) {
        case Placement::On::StandIn:
            return fmt::format("stand-in '{}'", placed.placement.stand_in.text());
        case Placement::On::Spare:
            return fmt::format("spare '{}'", placed.placement.spare.text());
        default:
            return fmt::format("server '{}'", placed.server.text());
    }
}

std::optional<protocol::SegmentOrder> orderFor(const Inventory& inventory, const WatchedPlacement& placed) {
    const auto& server = inventory.servers.at(placed.server);
    protocol::SegmentOrder order;
    order.vlan = server.vlan;
    order.address = server.address;
    order.job_ports = server.job_ports;
    order.owner = ownerOf(placed.placement.on);
    order.members.push_back({server_member, server.port, server.mac});
    if (!placed.stand_in_port.empty()) order.members.push_back({stand_in_member, placed.stand_in_port, server.mac});
    const auto spare = inventory.spares.find(placed.placement.spare);
    if (spare != inventory.spares.end()) order.members.push_back({spare_member, spare->second.port, spare->second.mac});
    if (!server.holder_ports.front.empty())
        order.members.push_back({holder_member, server.holder_ports.front, server.holder_ports.front_mac});
    order.back_leg_port = server.holder_ports.back;
    if (placed.through_holder && !order.back_leg_port.empty()) {
        order.proxied = true;
        order.back_leg_to = order.owner;
    }
    if (order.member(order.owner) == nullptr) return std::nullopt;
    return order;
}

Placement placementBy(const Inventory& inventory, const domain::Server& server, const protocol::SegmentOrder& order,
                      const domain::SpareTableRow* row) {
    Placement placement{Placement::On::Nobody, {}, {}};
    const auto* owner = order.member(order.owner);
    if (order.owner == server_member) placement.on = Placement::On::Server;
    if (order.owner == stand_in_member) placement.on = Placement::On::StandIn;
    if (order.owner == spare_member) placement.on = Placement::On::Spare;
    if (owner == nullptr) return placement;
    if (placement.on == Placement::On::StandIn && row != nullptr && row->stand_in_port == owner->port)
        placement.stand_in = row->stand_in;
    if (placement.on != Placement::On::Spare) return placement;
    for (const auto& [name, spare] : inventory.spares) {
        if (spare.switch_agent == server.switch_agent && spare.port == owner->port) placement.spare = name;
    }
    return placement;
}

}  // namespace standin::engine
