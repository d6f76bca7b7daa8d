#pragma once

#include <string>
#include <string_view>

namespace standin::domain {

/// A system UUID (SMBIOS, DSP0134 section 7.2.1) in canonical form: lower case, with hyphens, without braces. Empty:
/// the text is not a UUID.
std::string canonicalUuid(std::string_view text);

/// True if the UUID is all zeros or all ones: the manufacturer has set none (DSP0134 section 7.2.1).
bool isUnsetUuid(std::string_view canonical);

/// True if a device reports the declared UUID; both are canonical. BMCs write the octets in the order of RFC 4122, of
/// SMBIOS (the first three fields little-endian) or of IPMI (all octets reversed), and do not say which.
bool isSameUuid(const std::string& declared, const std::string& reported);

}  // namespace standin::domain
