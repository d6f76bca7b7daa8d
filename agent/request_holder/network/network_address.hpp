#pragma once

#include <netinet/in.h>

#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace standin::request_holder {

using base::Result;

/// An IPv4 address with its prefix length.
struct NetworkAddress {
    in_addr address{};
    unsigned prefix = 32;

    static Result<NetworkAddress> parse(std::string_view text);  ///< `10.77.1.10/24`
    /// True for a host's address: not the network's, the broadcast or a multicast address.
    [[nodiscard]] bool isMachine() const;
    [[nodiscard]] bool contains(in_addr other) const;
    [[nodiscard]] std::string host() const;
    [[nodiscard]] std::string text() const;
};

}  // namespace standin::request_holder
