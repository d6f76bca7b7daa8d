#pragma once

#include "agent/base/yaml_reader.hpp"
#include "agent/switch/ovs/ovs_places.hpp"
#include "agent/switch/segment/vlan_range.hpp"

namespace standin::lan_switch {

struct SwitchSettings {
    OvsPlaces places;
    VlanRange quarantine;
};

/// `switch: {bridge, ovsdb, openflow, quarantine_vlans}`; problems are recorded in the reader.
SwitchSettings switchSettingsFrom(base::YamlReader& reader);

}  // namespace standin::lan_switch
