#include "agent/request_holder/network_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <charconv>

namespace standin::request_holder {

using base::ErrorCode;
using base::failure;

Result<NetworkAddress> NetworkAddress::parse(std::string_view text) {
    const auto slash = text.find('/');
    NetworkAddress result;
    const std::string host(text.substr(0, slash));
    bool good = slash != std::string_view::npos && ::inet_pton(AF_INET, host.c_str(), &result.address) == 1;
    if (good) {
        const auto* end = text.data() + text.size();
        auto [rest, problem] = std::from_chars(text.data() + slash + 1, end, result.prefix);
        good = problem == std::errc() && rest == end && result.prefix >= 1 && result.prefix <= 32;
    }
    if (good) return result;
    return failure(ErrorCode::InvalidInput,
                   fmt::format("'{}' is not an IPv4 address with prefix length, e.g. 10.77.1.10/24", text));
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
