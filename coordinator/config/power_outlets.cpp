#include "coordinator/config/power_outlets.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace standin::config {

namespace {

using Options = std::map<std::string, std::string>;

/// The first of the names that a fence agent gives one thing.
std::string firstOf(const Options& options, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const auto found = options.find(name);
        if (found != options.end() && !found->second.empty()) return found->second;
    }
    return {};
}

/// `::1` and `0:0:0:0:0:0:0:1` are one address, `BMC1.` and `bmc1` one name.
std::string hostOf(std::string text) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    std::array<char, INET6_ADDRSTRLEN> written{};
    for (const int family : {AF_INET, AF_INET6}) {
        if (::inet_pton(family, text.c_str(), address.data()) == 1)
            return ::inet_ntop(family, address.data(), written.data(), written.size());
    }
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    if (text.ends_with('.')) text.pop_back();
    return text;
}

/// Default ports of BMCs; the same BMC answers on several of these.
bool isUsualPort(const std::string& port) {
    return port.empty() || port == "22" || port == "23" || port == "80" || port == "161" || port == "443" ||
           port == "623";
}

}  // namespace

std::string outletOf(const drivers::PowerDevice& device) {
    const auto& options = device.options;
    const auto host = firstOf(options, {"ip", "ipaddr", "hostname", "host", "devices"});
    if (host.empty()) {
        std::string all;
        for (const auto& [key, value] : options) all += fmt::format(" {}={}", key, value);
        return all.empty() ? all : device.agent + all;
    }
    auto outlet = hostOf(host);
    const auto port = firstOf(options, {"ipport"});
    if (!isUsualPort(port)) outlet += fmt::format(", ipport {}", port);
    for (const char* part : {"switch", "module", "slot"}) {
        const auto value = firstOf(options, {part});
        if (!value.empty()) outlet += fmt::format(", {} {}", part, value);
    }
    const auto system = firstOf(options, {"systems_uri", "systems-uri"});
    if (!system.empty()) outlet += ", " + system;
    const auto plug = firstOf(options, {"plug", "port", "nodename", "uuid"});
    if (!plug.empty()) outlet += fmt::format(", plug {}", plug);
    return outlet;
}

void PowerOutlets::claim(base::YamlReader& reader, const drivers::PowerDevice& device, std::size_t rung) {
    const auto outlet = outletOf(device);
    if (outlet.empty()) return;
    const auto [claimed, is_new] = claims_.emplace(outlet, Claim{machine_, reader.place(), rung});
    if (is_new) return;
    const auto& [machine, place, first_rung] = claimed->second;
    if (machine != machine_) {
        reader.problem("options", fmt::format("power device '{}' is that of {} already, at {}: to fence one machine "
                                              "would be to switch off the other; name the device of {}",
                                              outlet, machine, place, machine_));
    } else if (first_rung == rung) {
        reader.problem("options", fmt::format("power device '{}' stands on this rung twice, also at {}: the other "
                                              "power supply would stay on; name the device of that",
                                              outlet, place));
    }
}

}  // namespace standin::config
