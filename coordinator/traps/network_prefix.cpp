#include "coordinator/traps/network_prefix.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "agent/base/number.hpp"
#include "agent/base/text.hpp"

namespace standin::traps {

namespace {

struct Address {
    int family = 0;
    std::array<std::uint8_t, 16> bits{};
};

std::optional<Address> addressOf(std::string_view text) {
    Address address;
    const std::string terminated(text.substr(0, INET6_ADDRSTRLEN));
    if (inet_pton(AF_INET, terminated.c_str(), address.bits.data()) == 1) {
        address.family = AF_INET;
        return address;
    }
    if (inet_pton(AF_INET6, terminated.c_str(), address.bits.data()) != 1) return std::nullopt;
    static constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    address.family = AF_INET6;
    if (std::equal(mapped.begin(), mapped.end(), address.bits.begin())) {  // IPv4 that came through an IPv6 socket
        address.family = AF_INET;
        std::copy(address.bits.begin() + 12, address.bits.end(), address.bits.begin());
        std::fill(address.bits.begin() + 4, address.bits.end(), std::uint8_t{0});
    }
    return address;
}

bool beginsAlike(const std::array<std::uint8_t, 16>& one, const std::array<std::uint8_t, 16>& other, unsigned length) {
    const unsigned whole = length / 8;
    if (!std::equal(one.begin(), one.begin() + whole, other.begin())) return false;
    const unsigned rest = length % 8;
    return rest == 0 || ((one[whole] ^ other[whole]) >> (8 - rest)) == 0;
}

}  // namespace

base::Result<NetworkPrefix> NetworkPrefix::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = addressOf(text.substr(0, slash));
    const auto wrong = [&](std::string_view why) {
        return base::failure(base::ErrorCode::InvalidInput,
                             fmt::format("'{}' is not an address or network: {}", base::shortened(text, 80), why));
    };
    if (!address) return wrong("write for example 10.1.2.3, 10.1.0.0/16 or fd00:77::/64");
    const unsigned longest = address->family == AF_INET ? 32 : 128;
    NetworkPrefix prefix;
    prefix.text_ = text;
    prefix.bits_ = address->bits;
    prefix.family_ = address->family;
    prefix.length_ = longest;
    if (slash != std::string_view::npos) {
        const auto length = base::parseNumber<unsigned>(text.substr(slash + 1));
        if (!length || *length > longest) return wrong(fmt::format("the length after '/' must be 0 to {}", longest));
        prefix.length_ = *length;
    }
    return prefix;
}

bool NetworkPrefix::contains(std::string_view text) const {
    const auto address = addressOf(text);
    return address && address->family == family_ && beginsAlike(bits_, address->bits, length_);
}

bool NetworkPrefix::covers(const NetworkPrefix& other) const {
    return other.family_ == family_ && other.length_ >= length_ && beginsAlike(bits_, other.bits_, length_);
}

bool NetworkPrefix::isIpv4() const {
    return family_ == AF_INET;
}

std::string canonicalAddress(std::string_view text) {
    const auto address = addressOf(text);
    if (!address) return {};
    std::array<char, INET6_ADDRSTRLEN> spelled{};
    inet_ntop(address->family, address->bits.data(), spelled.data(), spelled.size());
    return spelled.data();
}

}  // namespace standin::traps
