#pragma once

#include <string_view>

namespace standin::base {

/// `52:54:00:77:01:0a`, in either case.
bool isMacAddress(std::string_view text);

/// A network card's: the lowest bit of the first octet says "to many", and no card has such an address (IEEE 802).
/// Precondition: isMacAddress().
bool isUnicastMac(std::string_view text);

}  // namespace standin::base
