#include "agent/switch/ovs/gratuitous_arp.hpp"

#include <arpa/inet.h>
#include <netinet/ether.h>

namespace standin::lan_switch {

namespace {

constexpr std::size_t ethernet_least_bytes = 60;  // without the checksum; shorter frames are runts on real wires

std::string frame(const std::string& address, const std::string& mac, char operation) {
    const std::string everybody(6, '\xff');
    std::string bytes = everybody + mac;
    bytes +=
        std::string("\x08\x06\x00\x01\x08\x00\x06\x04\x00", 9) + operation;  // ARP, Ethernet, IPv4, lengths, operation
    bytes += mac + address;
    bytes += (operation == 1 ? std::string(6, '\0') : mac) + address;
    bytes.resize(ethernet_least_bytes, '\0');
    return bytes;
}

}  // namespace

base::Result<std::vector<std::string>> gratuitousArp(const std::string& address, const std::string& mac) {
    in_addr ip{};
    ether_addr ethernet{};
    if (inet_pton(AF_INET, address.c_str(), &ip) != 1 || ether_aton_r(mac.c_str(), &ethernet) == nullptr) {
        return base::failure(base::ErrorCode::InvalidInput,
                             "cannot announce '" + address + "' at '" + mac + "': no IPv4 address or no MAC");
    }
    const std::string address_bytes(reinterpret_cast<const char*>(&ip), sizeof(ip));
    const std::string mac_bytes(reinterpret_cast<const char*>(&ethernet), sizeof(ethernet));
    return std::vector<std::string>{frame(address_bytes, mac_bytes, 1), frame(address_bytes, mac_bytes, 2)};
}

}  // namespace standin::lan_switch
