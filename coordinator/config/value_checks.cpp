#include "coordinator/config/value_checks.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include "agent/base/mac_address.hpp"
#include "agent/base/number.hpp"

namespace standin::config {

using base::YamlReader;

void OnlyOnce::claim(YamlReader& reader, const std::string& key, const std::string& value) {
    if (value.empty()) return;
    auto [first, is_new] = places_.emplace(value, reader.place(key));
    if (!is_new) reader.problem(key, fmt::format("{} '{}' is already taken at {}", what_, value, first->second));
}

bool isIpv4(std::string_view text) {
    in_addr address{};
    return ::inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

std::string canonicalAddress(std::string_view text) {
    const std::string terminated(text.substr(0, INET6_ADDRSTRLEN));
    in_addr v4{};
    in6_addr v6{};
    std::array<char, INET6_ADDRSTRLEN> spelled{};
    if (::inet_pton(AF_INET, terminated.c_str(), &v4) != 1) {
        if (::inet_pton(AF_INET6, terminated.c_str(), &v6) != 1) return {};
        if (IN6_IS_ADDR_V4MAPPED(&v6) == 0) {
            ::inet_ntop(AF_INET6, &v6, spelled.data(), spelled.size());
            return spelled.data();
        }
        std::memcpy(&v4, &v6.s6_addr[12], sizeof v4);
    }
    ::inet_ntop(AF_INET, &v4, spelled.data(), spelled.size());
    return spelled.data();
}

bool isSecretOption(std::string_view name) {
    std::string plain;
    for (const char c : name) plain += c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    // An option that says where a secret is, or how it is used, is none.
    for (const char* harmless : {"_script", "_file", "_path", "_prot", "_protocol", "_url"}) {
        if (plain.ends_with(harmless)) return false;
    }
    for (const char* secret : {"passw", "passphrase", "pass_phrase", "secret", "community", "token", "apikey",
                               "api_key", "access_key", "private_key", "credential"}) {
        if (plain.find(secret) != std::string::npos) return true;
    }
    return plain == "pass" || plain == "pin" || plain.ends_with("_pass");
}

std::string readIpv4(YamlReader& reader, const std::string& key) {
    auto text = reader.text(key);
    if (text.empty()) return text;
    in_addr address{};
    if (::inet_pton(AF_INET, text.c_str(), &address) != 1) {
        reader.problem(key, fmt::format("'{}' is not an IPv4 address", text));
        return "";
    }
    const auto first = ntohl(address.s_addr) >> 24;
    // 0.0.0.0/8 is not assigned, 224.0.0.0 and above are groups' or reserved (RFC 6890).
    if (first == 0 || first >= 224) reader.problem(key, fmt::format("'{}' is no machine's address", text));
    return text;
}

std::string readMac(YamlReader& reader, const std::string& key) {
    auto text = reader.text(key);
    if (text.empty()) return text;
    if (!base::isMacAddress(text)) {
        // Unquoted, 52:54:00:… can be a number in base 60 for other YAML readers.
        reader.problem(key, fmt::format("'{}' is not a MAC address, as in \"52:54:00:12:34:56\"", text));
        return "";
    }
    if (text == "00:00:00:00:00:00") reader.problem(key, "is no machine's MAC address");
    if (!base::isUnicastMac(text))
        reader.problem(key, fmt::format("'{}' is a group's MAC address, not a machine's", text));
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
    if (colon == std::string_view::npos) return std::nullopt;
    auto host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (bracketed ? isIpv4(host) || canonicalAddress(host).empty() : !isIpv4(host)) return std::nullopt;
    const auto port = base::parseNumber<std::uint16_t>(text.substr(colon + 1));
    if (!port) return std::nullopt;
    return ListenAddress{std::string(host), *port};
}

ListenAddress readListenAddress(YamlReader& reader, const std::string& key) {
    auto text = reader.text(key);
    if (text.empty()) return {};
    auto address = parseListenAddress(text);
    if (address && !isIpv4(address->host)) address.reset();  // the API is served on IPv4
    if (!address) reader.problem(key, fmt::format("'{}' is not an address and port, as in '127.0.0.1:8440'", text));
    return address.value_or(ListenAddress{});
}

}  // namespace standin::config
