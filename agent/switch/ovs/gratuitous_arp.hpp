#pragma once

#include <string>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::lan_switch {

/// PURE: the two Ethernet frames that announce to a LAN that IPv4 `address` is at `mac`: a request and a reply, both
/// broadcast, since some hosts heed only the one and some only the other (RFC 5227 3, RFC 5944 4.6). InvalidInput: no
/// such address or MAC.
base::Result<std::vector<std::string>> gratuitousArp(const std::string& address, const std::string& mac);

}  // namespace standin::lan_switch
