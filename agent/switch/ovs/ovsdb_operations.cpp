#include "agent/switch/ovs/ovsdb_operations.hpp"

#include "agent/switch/ovs/ovsdb_names.hpp"
#include "agent/switch/ovs/ovsdb_values.hpp"
#include "agent/switch/segment/segment_record.hpp"

namespace standin::lan_switch {

using protocol::Json;

namespace {

Json byName(const std::string& name) {
    return Json::array({Json::array({"name", "==", name})});
}

// `until: ==` with no waiting: true now, or the transaction fails.
Json guard(const char* table, const std::string& name, const Json& row) {
    Json columns = Json::array();
    for (const auto& [key, value] : row.items()) columns.push_back(key);
    return {{"op", "wait"},       {"table", table}, {"where", byName(name)},
            {"columns", columns}, {"until", "=="},  {"rows", Json::array({row})},
            {"timeout", 0}};
}

Json portGuard(const PortView& port) {
    return guard("Port", port.name, {{"tag", port.tag ? Json(*port.tag) : emptySet()}});
}

Json vlanUpdate(const std::string& name, Vlan vlan) {
    return {{"op", "update"},
            {"table", "Port"},
            {"where", byName(name)},
            {"row", {{"tag", vlan}, {"vlan_mode", "access"}, {"trunks", emptySet()}}}};
}

// One key of an external_ids column: taken out, and put in again with the new value if there is one.
Json keyUpdate(const char* table, Json where, const std::string& key, const std::optional<std::string>& value) {
    Json mutations = Json::array({Json::array({"external_ids", "delete", Json::array({"set", Json::array({key})})})});
    if (value) mutations.push_back(Json::array({"external_ids", "insert", asMap({{key, *value}})}));
    return {{"op", "mutate"}, {"table", table}, {"where", std::move(where)}, {"mutations", mutations}};
}

}  // namespace

Json operationsFor(const std::string& bridge, const FabricView& view, const FabricChange& change) {
    Json operations = Json::array({guard("Bridge", bridge, {{"external_ids", asMap(view.durable)}})});
    for (const auto& [name, wanted] : change.ports) {
        const PortView* port = view.port(name);
        if (port == nullptr) continue;
        operations.push_back(portGuard(*port));
        operations.push_back(vlanUpdate(name, wanted.vlan));
        if (port->quarantine != wanted.quarantine) {
            const auto text = wanted.quarantine ? std::optional(std::to_string(*wanted.quarantine)) : std::nullopt;
            operations.push_back(keyUpdate("Port", byName(name), quarantine_key, text));
        }
    }
    if (change.record) {
        const auto& [id, record] = *change.record;
        operations.push_back(keyUpdate("Bridge", byName(bridge), segment_key_prefix + id.text(),
                                       record ? std::optional(textOf(*record)) : std::nullopt));
    }
    for (const auto& [id, record] : change.others)
        operations.push_back(keyUpdate("Bridge", byName(bridge), segment_key_prefix + id.text(), textOf(record)));
    operations.push_back({{"op", "comment"}, {"comment", "standin-agent: " + change.reason}});
    operations.push_back({{"op", "mutate"},
                          {"table", "Open_vSwitch"},
                          {"where", Json::array()},
                          {"mutations", Json::array({Json::array({"next_cfg", "+=", 1})})}});
    operations.push_back({{"op", "select"},
                          {"table", "Open_vSwitch"},
                          {"where", Json::array()},
                          {"columns", Json::array({"next_cfg"})}});
    return operations;
}

Json durabilityOperations(std::int64_t configuration) {
    return Json::array({keyUpdate("Open_vSwitch", Json::array(), durable_key, std::to_string(configuration)),
                        Json{{"op", "commit"}, {"durable", true}}});
}

std::optional<std::int64_t> configurationOf(const Json& results) {
    if (!results.is_array() || results.empty()) return std::nullopt;
    const Json& rows = column(results.back(), "rows");
    if (!rows.is_array() || rows.size() != 1) return std::nullopt;
    return integerOf(column(rows[0], "next_cfg"));
}

}  // namespace standin::lan_switch
