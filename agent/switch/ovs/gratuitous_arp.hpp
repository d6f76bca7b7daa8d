#pragma once

#include <string>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::lan_switch {

/// PURE: the two Ethernet frames that announce to a LAN that IPv4 `address` is at `mac`: a request and a reply, both
/// broadcast, because some hosts accept only one kind (RFC 5227 3, RFC 5944 4.6). InvalidInput: the address or the MAC
/// is not valid.
base::Result<std::vector<std::string>> gratuitousArp(const std::string& address, const std::string& mac);

}  // namespace standin::lan_switch
