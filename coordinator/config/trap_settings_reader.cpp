#include "coordinator/config/trap_settings_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/config/job_reader.hpp"
#include "coordinator/config/value_checks.hpp"

namespace standin::config {

using base::YamlReader;

namespace {

constexpr const char* every_server = "all";

/// For whom credentials speak: servers by name, or `[all]`.
SpokenFor readSpokenFor(YamlReader& reader, const std::string& whose) {
    SpokenFor spoken_for;
    for (const auto& name : reader.texts("servers")) {
        if (name == every_server) {
            spoken_for.every_server = true;
        } else {
            spoken_for.servers.push_back(checkedName<base::ServerName>(reader, "servers", name));
        }
    }
    if (!spoken_for.every_server && spoken_for.servers.empty()) {
        reader.problem("servers",
                       fmt::format("is missing: {} must speak for its own server only; add 'servers: [SERVER]', or "
                                   "'servers: [all]' for one that may report the failure of every server",
                                   whose));
    }
    if (spoken_for.every_server && !spoken_for.servers.empty())
        reader.problem("servers", "names 'all' and servers besides; give either");
    return spoken_for;
}

TrapUser readTrapUser(YamlReader& reader) {
    TrapUser user;
    user.name = reader.text("name");
    user.engine_id = reader.text("engine_id", "");
    if (!user.engine_id.empty() && user.engine_id.rfind("0x", 0) != 0) {
        reader.problem("engine_id", "must be hexadecimal and begin with 0x");
    }
    user.authentication = reader.choice("authentication", {"MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"});
    user.authentication_file = readAbsolutePath(reader, "authentication_file");
    user.privacy_file = readOptionalAbsolutePath(reader, "privacy_file");
    user.privacy =
        reader.choice("privacy", {"AES", "AES-192", "AES-256", "DES"}, user.privacy_file.empty() ? "" : "AES");
    if (!user.privacy.empty() && user.privacy_file.empty()) reader.problem("privacy", "needs 'privacy_file'");
    user.speaks_for = readSpokenFor(reader, "the SNMP user of a BMC");
    reader.finish();
    return user;
}

void readListen(TrapSettings& traps, YamlReader& reader) {
    OnlyOnce places("address to listen at");
    for (const auto& text : reader.texts("listen")) {
        if (auto address = parseListenAddress(text)) {
            if (address->port != 0) places.claim(reader, "listen", address->text());
            traps.listen.push_back(*address);
        } else {
            reader.problem(
                "listen",
                fmt::format("'{}' is not an address and port, as in '127.0.0.1:162' or '[fd00:77::1]:162'", text));
        }
    }
    if (traps.listen.empty()) reader.problem("listen", "must name at least one address and port");
}

void readCommunities(TrapSettings& traps, YamlReader& reader) {
    traps.allow_unauthenticated = reader.boolean("allow_unauthenticated_traps", false);
    traps.communities_file = readOptionalAbsolutePath(reader, "communities_file");
    OnlyOnce files("file of communities");
    if (!traps.communities_file.empty()) files.claim(reader, "communities_file", traps.communities_file);
    for (auto& one : reader.list("communities")) {
        TrapCommunity community;
        community.file = readAbsolutePath(one, "file");
        files.claim(one, "file", community.file);
        community.speaks_for = readSpokenFor(one, "the community of a BMC");
        one.finish();
        traps.communities.push_back(std::move(community));
    }
    const char* which = !traps.communities_file.empty() ? "communities_file"
                        : !traps.communities.empty()    ? "communities"
                                                        : nullptr;
    if (which != nullptr && !traps.allow_unauthenticated) {
        reader.problem(
            "allow_unauthenticated_traps",
            fmt::format("is not set, and '{}' is for SNMP v1 and v2c, which nobody authenticates: anybody on "
                        "the management network can forge such a trap. Use SNMPv3 ('users'), or add the line "
                        "'allow_unauthenticated_traps: true' under 'traps'",
                        which));
    }
}

void readForwarders(TrapSettings& traps, YamlReader& reader) {
    OnlyOnce forwarders("forwarder");
    for (const auto& text : reader.texts("trap_forwarders")) {
        const auto address = canonicalAddress(text);
        if (address.empty()) {
            reader.problem("trap_forwarders", fmt::format("'{}' is not an IP address", text));
            continue;
        }
        forwarders.claim(reader, "trap_forwarders", address);
        traps.forwarders.push_back(address);
    }
}

void checkNames(YamlReader& reader, const SpokenFor& spoken_for, const Configuration& configuration) {
    for (const auto& name : spoken_for.servers) {
        const auto& servers = configuration.servers;
        const bool known =
            std::any_of(servers.begin(), servers.end(), [&](const auto& one) { return one.server.name == name; });
        if (!known && !name.empty())
            reader.problem("servers", fmt::format("there is no server '{}' under 'servers'", name.text()));
    }
}

}  // namespace

TrapSettings readTraps(YamlReader reader, const Surroundings& surroundings, base::YamlProblems& problems) {
    TrapSettings traps;
    readListen(traps, reader);
    readCommunities(traps, reader);
    OnlyOnce users("SNMP user of this engine");
    for (auto& user : reader.list("users")) {
        traps.users.push_back(readTrapUser(user));
        users.claim(user, "name", traps.users.back().name + " " + traps.users.back().engine_id);
    }
    if (traps.communities_file.empty() && traps.communities.empty() && traps.users.empty()) {
        reader.problem("", "must have 'users', or 'communities_file', or 'communities', else every trap is refused");
    }
    readForwarders(traps, reader);
    traps.test_every = reader.duration("test_every", traps.test_every);
    if (traps.test_every != std::chrono::milliseconds(0) && traps.test_every < std::chrono::minutes(1))
        reader.problem("test_every", "must be 0s, which tests only on request, or at least 1min, as in '1d'");
    traps.test_within = readWait(reader, "test_within", traps.test_within);
    traps.rules_file = readAbsolutePath(reader, "rules_file");
    reader.finish();
    if (!traps.rules_file.empty() && surroundings.rule_problems) {
        // Each says its own place, which is in that file.
        for (const auto& line : surroundings.rule_problems(traps.rules_file)) {
            auto place_end = line.find(": ");
            problems.add(line.substr(0, place_end), "",
                         place_end == std::string::npos ? "" : line.substr(place_end + 2));
        }
    }
    return traps;
}

void checkTrapServers(const Configuration& configuration, YamlReader reader) {
    const auto& traps = configuration.traps;
    auto users = reader.list("users");
    for (std::size_t i = 0; i < users.size(); ++i) checkNames(users[i], traps.users.at(i).speaks_for, configuration);
    auto communities = reader.list("communities");
    for (std::size_t i = 0; i < communities.size(); ++i)
        checkNames(communities[i], traps.communities.at(i).speaks_for, configuration);
    for (const auto& one : configuration.servers) {
        for (const auto& source : one.server.trap_sources) {
            if (std::count(traps.forwarders.begin(), traps.forwarders.end(), source) == 0) continue;
            reader.problem("trap_forwarders",
                           fmt::format("{} is among the trap_sources of server '{}', so that every trap from there "
                                       "would be that server's; remove it from one of both",
                                       source, one.server.name.text()));
        }
    }
}

}  // namespace standin::config
