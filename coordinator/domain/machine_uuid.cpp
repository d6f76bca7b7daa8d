#include "coordinator/domain/machine_uuid.hpp"

#include <algorithm>
#include <cctype>

namespace standin::domain {

namespace {

constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

/// Two digits each: 32 digits without hyphens.
std::string octetsOf(std::string_view canonical) {
    std::string octets;
    std::copy_if(canonical.begin(), canonical.end(), std::back_inserter(octets), [](char c) { return c != '-'; });
    return octets;
}

std::string reversed(const std::string& octets, std::size_t first, std::size_t count) {
    std::string turned = octets;
    for (std::size_t i = 0; i < count; ++i) turned.replace(2 * (first + i), 2, octets, 2 * (first + count - 1 - i), 2);
    return turned;
}

/// RFC 4122's order from SMBIOS' and the other way round.
std::string swappedFields(const std::string& octets) {
    return reversed(reversed(reversed(octets, 0, 4), 4, 2), 6, 2);
}

}  // namespace

std::string canonicalUuid(std::string_view text) {
    if (text.size() == shape.size() + 2 && text.front() == '{' && text.back() == '}')
        text = text.substr(1, shape.size());
    if (text.size() != shape.size()) return {};
    std::string canonical;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (shape[i] == '-' ? c != '-' : std::isxdigit(c) == 0) return {};
        canonical += static_cast<char>(std::tolower(c));
    }
    return canonical;
}

bool isUnsetUuid(std::string_view canonical) {
    const auto octets = octetsOf(canonical);
    return octets.find_first_not_of('0') == std::string::npos || octets.find_first_not_of('f') == std::string::npos;
}

bool isSameUuid(const std::string& declared, const std::string& reported) {
    const auto wanted = octetsOf(declared);
    const auto octets = octetsOf(reported);
    const auto backwards = reversed(octets, 0, octets.size() / 2);
    return wanted == octets || wanted == swappedFields(octets) || wanted == backwards ||
           wanted == swappedFields(backwards);
}

}  // namespace standin::domain
