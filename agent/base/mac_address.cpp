#include "agent/base/mac_address.hpp"

#include <cctype>

#include "agent/base/number.hpp"

namespace standin::base {

bool isMacAddress(std::string_view text) {
    constexpr std::size_t length = 17;
    if (text.size() != length) return false;
    for (std::size_t i = 0; i < length; ++i) {
        const bool separator = i % 3 == 2;
        if (separator ? text[i] != ':' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
    }
    return true;
}

bool isUnicastMac(std::string_view text) {
    return (parseNumber<unsigned>(text.substr(0, 2), 16).value_or(1) & 1) == 0;
}

}  // namespace standin::base
