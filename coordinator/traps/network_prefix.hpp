#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace standin::traps {

/// An IPv4 or IPv6 address or network: `127.77.0.101`, `10.1.0.0/16`, `fd00:77::/64`.
class NetworkPrefix {
  public:
    static base::Result<NetworkPrefix> parse(std::string_view text);

    /// False for what is no address of the same family.
    [[nodiscard]] bool contains(std::string_view address) const;
    /// Whatever `other` contains, this one contains, too.
    [[nodiscard]] bool covers(const NetworkPrefix& other) const;
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] unsigned length() const { return length_; }
    [[nodiscard]] bool isIpv4() const;

  private:
    std::string text_;
    std::array<std::uint8_t, 16> bits_{};
    int family_ = 0;
    unsigned length_ = 0;
};

/// The one spelling of an address that this program uses (`::ffff:10.0.0.1` becomes `10.0.0.1`); empty if it is none.
std::string canonicalAddress(std::string_view text);

}  // namespace standin::traps
