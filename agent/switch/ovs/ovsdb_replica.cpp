#include "agent/switch/ovs/ovsdb_replica.hpp"

#include "agent/base/number.hpp"
#include "agent/switch/ovs/ovsdb_names.hpp"
#include "agent/switch/ovs/ovsdb_values.hpp"
#include "agent/switch/segment/segment_record.hpp"

namespace standin::lan_switch {

using protocol::Json;

namespace {

constexpr std::int64_t greatest_of_port = 65'534;  // OFPP_LOCAL; -1 means that the interface could not be opened

PortView::Mode modeOf(const std::string& mode, bool tagged) {
    if (mode == "access") return PortView::Mode::Access;
    if (mode == "trunk") return PortView::Mode::Trunk;
    if (mode == "native-tagged") return PortView::Mode::NativeTagged;
    if (mode == "native-untagged") return PortView::Mode::NativeUntagged;
    if (mode == "dot1q-tunnel") return PortView::Mode::Tunnel;
    return tagged ? PortView::Mode::Access : PortView::Mode::Trunk;  // the column's default
}

std::optional<Vlan> vlanOf(const std::string& text) {
    const auto vlan = base::parseNumber<Vlan>(text);
    return vlan && *vlan >= 1 && *vlan <= 4094 ? vlan : std::nullopt;
}

}  // namespace

Json OvsdbReplica::monitorRequests() {
    auto columns = [](std::initializer_list<const char*> names) {
        return Json{{"columns", Json(std::vector<std::string>(names.begin(), names.end()))}};
    };
    return {{"Open_vSwitch", columns({"next_cfg", "cur_cfg"})},
            {"Bridge", columns({"name", "ports", "external_ids"})},
            {"Port", columns({"name", "tag", "trunks", "vlan_mode", "interfaces", "external_ids"})},
            {"Interface", columns({"name", "ofport", "link_state"})}};
}

void OvsdbReplica::clear() {
    *this = OvsdbReplica();
}

void OvsdbReplica::apply(const Json& tables) {
    if (!tables.is_object()) return;
    for (const auto& [table, rows] : tables.items()) {
        if (!rows.is_object()) continue;
        for (const auto& [uuid, update] : rows.items()) {
            const Json& row = column(update, "new");  // null: deleted
            if (table == "Bridge") applyBridge(uuid, row);
            if (table == "Port") applyPort(uuid, row);
            if (table == "Interface") applyInterface(uuid, row);
            if (table == "Open_vSwitch" && row.is_object()) {
                wanted_ = integerOf(column(row, "next_cfg")).value_or(0);
                current_ = integerOf(column(row, "cur_cfg")).value_or(0);
            }
        }
    }
}

void OvsdbReplica::applyBridge(const std::string& uuid, const Json& row) {
    if (!row.is_object()) {
        bridges_.erase(uuid);
        return;
    }
    Bridge bridge{
        stringOf(column(row, "name")), uuidsOf(column(row, "ports")), mapOf(column(row, "external_ids")), {}, {}};
    for (const auto& [key, text] : bridge.external_ids) {
        if (key.rfind(segment_key_prefix, 0) != 0) continue;
        const auto id = base::SegmentId::parse(key.substr(std::string(segment_key_prefix).size()));
        auto record = segmentRecordFrom(text);
        if (id && record) {
            bridge.segments.emplace(*id, std::move(*record));
        } else {
            bridge.problems.push_back("external_ids:" + key + " of bridge '" + bridge.name +
                                      "' is not readable: " + (id ? record.error().message : id.error().message));
        }
    }
    bridges_[uuid] = std::move(bridge);
}

void OvsdbReplica::applyPort(const std::string& uuid, const Json& row) {
    if (!row.is_object()) {
        ports_.erase(uuid);
        return;
    }
    Port port;
    port.view.name = stringOf(column(row, "name"));
    if (const auto tag = integerOf(column(row, "tag"))) port.view.tag = static_cast<Vlan>(*tag);
    for (const auto trunk : integersOf(column(row, "trunks"))) port.view.trunks.push_back(static_cast<Vlan>(trunk));
    port.view.mode = modeOf(stringOf(column(row, "vlan_mode")), port.view.tag.has_value());
    const auto external_ids = mapOf(column(row, "external_ids"));
    const auto quarantine = external_ids.find(quarantine_key);
    if (quarantine != external_ids.end()) port.view.quarantine = vlanOf(quarantine->second);
    port.interfaces = uuidsOf(column(row, "interfaces"));
    ports_[uuid] = std::move(port);
}

void OvsdbReplica::applyInterface(const std::string& uuid, const Json& row) {
    if (!row.is_object()) {
        interfaces_.erase(uuid);
        return;
    }
    interfaces_[uuid] = {integerOf(column(row, "ofport")).value_or(-1), stringOf(column(row, "link_state")) == "up"};
}

base::Result<FabricView> OvsdbReplica::view(const std::string& bridge_name) const {
    const Bridge* bridge = nullptr;
    for (const auto& [uuid, candidate] : bridges_) {
        if (candidate.name == bridge_name) bridge = &candidate;
    }
    if (bridge == nullptr) {
        return base::failure(base::ErrorCode::NotFound,
                             "bridge '" + bridge_name +
                                 "' does not exist in Open vSwitch; add it with 'ovs-vsctl add-br " + bridge_name +
                                 "'");
    }
    FabricView view;
    view.durable = bridge->external_ids;
    view.applied = wanted_ == current_;
    for (const auto& uuid : bridge->ports) {
        const auto found = ports_.find(uuid);
        if (found == ports_.end()) continue;
        PortView port = found->second.view;
        for (const auto& interface : found->second.interfaces) {
            const auto link = interfaces_.find(interface);
            if (link == interfaces_.end()) continue;
            port.link_up = port.link_up || link->second.link_up;
            const auto number = link->second.of_port;
            if (number > 0 && number <= greatest_of_port) port.of_ports.push_back(static_cast<std::uint32_t>(number));
        }
        view.ports.emplace(port.name, std::move(port));
    }
    view.segments = bridge->segments;
    view.problems = bridge->problems;
    return view;
}

}  // namespace standin::lan_switch
