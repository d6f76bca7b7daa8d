#pragma once

#include <string>

#include "agent/switch/segment/segment_plan.hpp"

namespace standin::tests {

inline constexpr lan_switch::VlanRange range_of_tests{3000, 3009};

/// A switch with a client at VLAN 101, a trunk, and the machines of one job, each port named after its member.
struct SwitchBuilder {
    lan_switch::FabricView view;

    SwitchBuilder() {
        view.applied = true;
        addAccess("client", 101);
        for (const char* name : {"server", "stand-in", "spare", "holder", "back"}) addAccess(name, 4000);
        addAccess("server", 101);
        auto& trunk = addAccess("uplink", 1);
        trunk.mode = lan_switch::PortView::Mode::Trunk;
        trunk.tag.reset();
        trunk.trunks = {101, 102};
    }

    lan_switch::PortView& addAccess(const std::string& name, lan_switch::Vlan vlan) {
        auto& port = view.ports[name];
        if (port.name.empty()) port.of_ports = {static_cast<std::uint32_t>(view.ports.size())};
        port.name = name;
        port.mode = lan_switch::PortView::Mode::Access;
        port.tag = vlan;
        port.link_up = true;
        return port;
    }

    static protocol::SegmentOrder order(const std::string& owner, const std::string& established = "") {
        protocol::SegmentOrder order;
        order.vlan = 101;
        order.address = "10.77.1.10";
        order.members = {{base::MemberName("server"), base::PortName("server"), "52:54:00:77:01:0a"},
                         {base::MemberName("stand-in"), base::PortName("stand-in"), "52:54:00:77:01:0a"},
                         {base::MemberName("spare"), base::PortName("spare"), "52:54:00:77:09:01"},
                         {base::MemberName("holder"), base::PortName("holder"), "52:54:00:77:01:F0"}};
        order.owner = base::MemberName(owner);
        order.established = base::MemberName(established);
        order.back_leg_port = base::PortName("back");
        return order;
    }

    base::Result<lan_switch::FabricChange> plan(const protocol::SegmentOrder& order, const std::string& id = "job01",
                                                lan_switch::OrderNumber number = {1, 1}) const {
        return planSegment(base::SegmentId(id), order, number, view, range_of_tests);
    }

    /// As if the switch had carried the change out.
    void apply(const lan_switch::FabricChange& change) {
        for (const auto& [name, wanted] : change.ports) {
            addAccess(name, wanted.vlan).quarantine = wanted.quarantine;
            view.ports[name].trunks.clear();
        }
        for (const auto& [id, record] : change.others) view.segments[id] = record;
        if (!change.record) return;
        view.segments.erase(change.record->first);
        if (change.record->second) view.segments.emplace(change.record->first, *change.record->second);
    }
    void give(const protocol::SegmentOrder& order) { apply(plan(order).value()); }
    [[nodiscard]] int vlanOf(const std::string& port) const { return view.ports.at(port).tag.value_or(0); }
    [[nodiscard]] const lan_switch::SegmentRecord& record() const { return view.segments.at(base::SegmentId("job01")); }
};

}  // namespace standin::tests
