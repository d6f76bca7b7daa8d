#include "coordinator/config/value_checks.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace standin::config {

using base::YamlReader;

namespace {

bool isMac(const std::string& text) {
    if (text.size() != 17) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i % 3 == 2 ? text[i] != ':' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
    }
    return true;
}

// The lowest bit of the first octet marks a group; a machine's own address never has it (IEEE 802).
bool isUnicast(const std::string& mac) {
    return (std::stoi(mac.substr(0, 2), nullptr, 16) & 1) == 0;
}

}  // namespace

void OnlyOnce::claim(YamlReader& reader, const std::string& key, const std::string& value) {
    if (value.empty()) return;
    auto [first, is_new] = places_.emplace(value, reader.place(key));
    if (!is_new) reader.problem(key, fmt::format("{} '{}' is already taken at {}", what_, value, first->second));
}

bool isIpv4(std::string_view text) {
    in_addr address{};
    return ::inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

std::string readIpv4(YamlReader& reader, const std::string& key) {
    auto text = reader.text(key);
    if (text.empty() || isIpv4(text)) return text;
    reader.problem(key, fmt::format("'{}' is not an IPv4 address", text));
    return "";
}

std::string readMac(YamlReader& reader, const std::string& key) {
    auto text = reader.text(key);
    if (text.empty()) return text;
    if (!isMac(text)) {
        // Unquoted, 52:54:00:… can be a number in base 60 for other YAML readers.
        reader.problem(key, fmt::format("'{}' is not a MAC address, as in \"52:54:00:12:34:56\"", text));
        return "";
    }
    if (!isUnicast(text)) reader.problem(key, fmt::format("'{}' is a group's MAC address, not a machine's", text));
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

std::string readAbsolutePath(YamlReader& reader, const std::string& key) {
    auto text = reader.text(key);
    if (!text.empty() && text.front() != '/') reader.problem(key, fmt::format("'{}' is not an absolute path", text));
    return text;
}

std::string readOptionalAbsolutePath(YamlReader& reader, const std::string& key) {
    auto text = reader.text(key, "");
    if (!text.empty() && text.front() != '/') reader.problem(key, fmt::format("'{}' is not an absolute path", text));
    return text;
}

std::uint16_t readPort(YamlReader& reader, const std::string& key) {
    return static_cast<std::uint16_t>(reader.integer(key, 1, 65535));
}

std::optional<ListenAddress> parseListenAddress(std::string_view text) {
    auto colon = text.rfind(':');
    if (colon == std::string_view::npos || !isIpv4(text.substr(0, colon))) return std::nullopt;
    auto digits = text.substr(colon + 1);
    ListenAddress address{std::string(text.substr(0, colon)), 0};
    auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
    if (problem != std::errc{} || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
    return address;
}

ListenAddress readListenAddress(YamlReader& reader, const std::string& key) {
    auto text = reader.text(key);
    if (text.empty()) return {};
    auto address = parseListenAddress(text);
    if (!address) reader.problem(key, fmt::format("'{}' is not an address and port, as in '127.0.0.1:8440'", text));
    return address.value_or(ListenAddress{});
}

}  // namespace standin::config
