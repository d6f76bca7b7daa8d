#pragma once

#include <cstdint>

namespace standin::lan_switch {

using Vlan = std::uint16_t;

constexpr Vlan least_vlan = 1;
constexpr Vlan greatest_vlan = 4094;

/// VLANs that quarantines are taken from, both ends included. Nothing else on the LAN may use them.
struct VlanRange {
    Vlan first = 0;
    Vlan last = 0;
    [[nodiscard]] bool contains(Vlan vlan) const { return first <= vlan && vlan <= last; }
};

}  // namespace standin::lan_switch
