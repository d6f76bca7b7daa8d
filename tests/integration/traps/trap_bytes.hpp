#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace standin::traps::testing {

/// An SNMPv2c trap as it stands in a datagram (BER, RFC 3417), written without net-snmp, so that tens of thousands can
/// be made and so that a fault of the library's encoder cannot hide one of its decoder.
struct TrapText {
    std::string community = "standin-test";
    std::vector<std::uint32_t> trap_oid;
    std::uint32_t request_id = 1;
    std::uint32_t uptime = 100;
    std::vector<std::pair<std::vector<std::uint32_t>, std::string>> octets;  ///< varbinds of octet strings
};

std::string encode(const TrapText& text);

}  // namespace standin::traps::testing
