#pragma once

#include <string_view>

namespace standin::base {

/// `52:54:00:77:01:0a`, in either case.
bool isMacAddress(std::string_view text);

/// True for the address of a network card. The lowest bit of the first octet marks group addresses, which no card has
/// (IEEE 802). Precondition: isMacAddress().
bool isUnicastMac(std::string_view text);

}  // namespace standin::base
