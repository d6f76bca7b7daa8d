#include "agent/switch/switch_settings.hpp"

#include <cstdio>
#include <optional>

namespace standin::lan_switch {

namespace {

std::optional<VlanRange> vlanRangeFrom(const std::string& text) {
    unsigned first = 0;
    unsigned last = 0;
    char rest = 0;
    if (std::sscanf(text.c_str(), "%4u-%4u%c", &first, &last, &rest) != 2) return std::nullopt;
    if (first < least_vlan || first > last || last > greatest_vlan) return std::nullopt;
    return VlanRange{static_cast<Vlan>(first), static_cast<Vlan>(last)};
}

}  // namespace

SwitchSettings switchSettingsFrom(base::YamlReader& reader) {
    SwitchSettings settings;
    settings.places.bridge = reader.text("bridge");
    settings.places.ovsdb_socket = reader.text("ovsdb", "/run/openvswitch/db.sock");
    settings.places.openflow_socket = reader.text("openflow", "/run/openvswitch/" + settings.places.bridge + ".mgmt");
    const auto range = vlanRangeFrom(reader.text("quarantine_vlans"));
    if (range) {
        settings.quarantine = *range;
    } else {
        reader.problem("quarantine_vlans", "is not a range of VLANs such as 3000-3999");
    }
    reader.finish();
    return settings;
}

}  // namespace standin::lan_switch
