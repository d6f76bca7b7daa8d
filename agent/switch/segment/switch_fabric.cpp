#include "agent/switch/segment/switch_fabric.hpp"

#include <algorithm>

namespace standin::lan_switch {

bool PortView::carriesTagged(Vlan vlan) const {
    switch (mode) {
        case Mode::Access:
        case Mode::Tunnel:
            return false;
        case Mode::NativeTagged:
        case Mode::NativeUntagged:
            if (tag == vlan) return true;
            [[fallthrough]];
        case Mode::Trunk:
            return trunks.empty() || std::find(trunks.begin(), trunks.end(), vlan) != trunks.end();
    }
    return false;
}

bool PortView::carriesUntagged(Vlan vlan) const {
    return mode != Mode::Trunk && mode != Mode::Tunnel && tag == vlan;
}

const PortView* FabricView::port(const std::string& name) const {
    const auto found = ports.find(name);
    return found == ports.end() ? nullptr : &found->second;
}

}  // namespace standin::lan_switch
