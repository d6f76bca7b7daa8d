#pragma once

#include <string>

namespace standin::lan_switch {

/// The sockets of a bridge of Open vSwitch.
struct OvsPlaces {
    std::string bridge;
    std::string ovsdb_socket;     ///< of ovsdb-server
    std::string openflow_socket;  ///< `<bridge>.mgmt`, in ovs-vswitchd's run directory
};

}  // namespace standin::lan_switch
