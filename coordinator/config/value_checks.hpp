#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "agent/base/yaml_reader.hpp"
#include "coordinator/config/configuration.hpp"

namespace standin::config {

/// Values that occur only once in a whole configuration: two machines must not claim the same port, address or disk.
class OnlyOnce {
  public:
    /// `what` names the kind of value in messages: "MAC address".
    explicit OnlyOnce(std::string what) : what_(std::move(what)) {}
    /// Records a problem at `key` if `value` was claimed before. Empty values were already reported.
    void claim(base::YamlReader& reader, const std::string& key, const std::string& value);

  private:
    std::string what_;
    std::map<std::string, std::string> places_;
};

/// Each reads `key`, records what is wrong with it, and returns the value or something harmless.
std::string readIpv4(base::YamlReader& reader, const std::string& key);
/// A unicast MAC address in lower case.
std::string readMac(base::YamlReader& reader, const std::string& key);
std::string readAbsolutePath(base::YamlReader& reader, const std::string& key);
std::string readOptionalAbsolutePath(base::YamlReader& reader, const std::string& key);
std::uint16_t readPort(base::YamlReader& reader, const std::string& key);
ListenAddress readListenAddress(base::YamlReader& reader, const std::string& key);

bool isIpv4(std::string_view text);
/// The one spelling of an IPv4 or IPv6 address (an IPv4 address within IPv6 becomes that); empty if it is none.
std::string canonicalAddress(std::string_view text);
/// An option of a fence agent whose value is a secret itself, by its name: `community`, `snmp_priv_passwd`, `token`…
bool isSecretOption(std::string_view name);
/// Nothing if `text` is no `a.b.c.d:port` or `[a:b::c]:port`.
std::optional<ListenAddress> parseListenAddress(std::string_view text);

/// `text` as an identifier; an invalid one is recorded at `key`.
template <typename Id>
Id checkedName(base::YamlReader& reader, const std::string& key, const std::string& text) {
    if (text.empty()) return Id();
    auto parsed = Id::parse(text);
    if (!parsed) reader.problem(key, parsed.error().message);
    return parsed ? *parsed : Id();
}

template <typename Id>
Id readName(base::YamlReader& reader, const std::string& key) {
    return checkedName<Id>(reader, key, reader.text(key));
}

}  // namespace standin::config
