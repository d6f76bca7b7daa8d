#include "agent/request_holder/network/network_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>

#include "agent/base/number.hpp"

namespace standin::request_holder {

using base::ErrorCode;
using base::failure;

Result<NetworkAddress> NetworkAddress::parse(std::string_view text) {
    const auto slash = text.find('/');
    NetworkAddress result;
    const std::string host(text.substr(0, slash));
    bool good = slash != std::string_view::npos && ::inet_pton(AF_INET, host.c_str(), &result.address) == 1;
    if (good) {
        result.prefix = base::parseNumber<unsigned>(text.substr(slash + 1)).value_or(0);
        good = result.prefix >= 1 && result.prefix <= 32;
    }
    if (good) return result;
    return failure(ErrorCode::InvalidInput,
                   fmt::format("'{}' is not an IPv4 address with prefix length, e.g. 10.77.1.10/24", text));
}

namespace {

// Host order; of a prefix of 32 all bits.
std::uint32_t maskOf(unsigned prefix) {
    return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
}

}  // namespace

bool NetworkAddress::isMachine() const {
    const auto bits = ntohl(address.s_addr);
    const auto first = bits >> 24;
    if (first == 0 || first >= 224) return false;  // nobody's, and groups (RFC 6890)
    const auto host_bits = bits & ~maskOf(prefix);
    return prefix >= 31 || (host_bits != 0 && host_bits != ~maskOf(prefix));  // RFC 3021
}

bool NetworkAddress::contains(in_addr other) const {
    return ((ntohl(address.s_addr) ^ ntohl(other.s_addr)) & maskOf(prefix)) == 0;
}

std::string NetworkAddress::host() const {
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &address, text.data(), text.size());
    return text.data();
}

std::string NetworkAddress::text() const {
    return fmt::format("{}/{}", host(), prefix);
}

}  // namespace standin::request_holder
