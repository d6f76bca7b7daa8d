#pragma once

#include <string>
#include <string_view>

namespace standin::domain {

/// A system UUID (SMBIOS, DSP0134 section 7.2.1) in one way of writing: lower case, with hyphens, without braces.
/// Empty: the text is none.
std::string canonicalUuid(std::string_view text);

/// Nil, or nothing but ones: the maker has set none (DSP0134 section 7.2.1).
bool isUnsetUuid(std::string_view canonical);

/// Whether what a device reports is the declared UUID, both canonical. BMCs write the octets in the order of RFC 4122,
/// of SMBIOS (the first three fields begin with their last octet) or of IPMI (all begin with the last octet), and do
/// not say which.
bool isSameUuid(const std::string& declared, const std::string& reported);

}  // namespace standin::domain
