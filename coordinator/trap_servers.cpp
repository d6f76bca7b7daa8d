#include "coordinator/trap_servers.hpp"

#include <fmt/format.h>

#include <map>
#include <sstream>

#include "agent/base/durable_file.hpp"
#include "agent/base/secret_file.hpp"
#include "coordinator/traps/trap_rules.hpp"

namespace standin {

namespace {

base::Result<traps::SnmpUser> snmpUserFrom(const config::TrapUser& user) {
    traps::SnmpUser made{user.name, user.engine_id, user.authentication, "", user.privacy, ""};
    auto authentication = base::readSecret(user.authentication_file);
    if (!authentication) return base::failure(authentication.error());
    made.authentication_secret = *authentication;
    if (!user.privacy.empty()) {
        auto privacy = base::readSecret(user.privacy_file);
        if (!privacy) return base::failure(privacy.error());
        made.privacy_secret = *privacy;
    }
    return made;
}

traps::Entitlement entitlementFrom(const config::SpokenFor& spoken_for) {
    return {spoken_for.every_server, {spoken_for.servers.begin(), spoken_for.servers.end()}};
}

/// Informs come to our own engine, where a name has one secret: that of its entry without engine id, else of its first
/// (SnmpEngine). They speak for the servers of the entries that share this secret.
void entitleInforms(traps::ServerDirectory& directory, const std::vector<config::TrapUser>& users) {
    std::map<std::string, const config::TrapUser*> chosen;
    for (const auto& user : users) {
        const auto [known, fresh] = chosen.emplace(user.name, &user);
        if (!fresh && user.engine_id.empty()) known->second = &user;
    }
    for (const auto& user : users) {
        const auto& its = *chosen.at(user.name);
        const bool same =
            user.authentication_file == its.authentication_file && user.authentication == its.authentication;
        if (its.engine_id.empty() ? &user == &its : same)
            directory.entitleUser(user.name, "", entitlementFrom(user.speaks_for));
    }
}

}  // namespace

std::string engineStateFileOf(const config::Configuration& configuration) {
    return configuration.state_dir + "/snmp_engine";
}

base::Result<traps::ServerDirectory> trapServersFrom(const config::Configuration& configuration) {
    traps::ServerDirectory directory;
    for (const auto& one : configuration.servers) {
        for (const auto& source : one.server.trap_sources) {
            if (auto added = directory.addAddress(one.server.name, source); !added) return base::failure(added.error());
        }
        for (const auto& identity : one.trap_identities) {
            if (auto added = directory.addIdentity(one.server.name, identity); !added)
                return base::failure(added.error());
        }
    }
    for (const auto& forwarder : configuration.traps.forwarders) {
        if (auto added = directory.addForwarder(forwarder); !added) return base::failure(added.error());
    }
    for (const auto& user : configuration.traps.users) {
        if (!user.engine_id.empty()) directory.entitleUser(user.name, user.engine_id, entitlementFrom(user.speaks_for));
    }
    entitleInforms(directory, configuration.traps.users);
    if (!configuration.traps.communities_file.empty())
        directory.entitleCommunity(configuration.traps.communities_file, {true, {}});
    for (const auto& community : configuration.traps.communities)
        directory.entitleCommunity(community.file, entitlementFrom(community.speaks_for));
    return directory;
}

base::Result<std::vector<traps::Community>> communitiesFrom(const config::Configuration& configuration) {
    std::vector<traps::Community> communities;
    std::vector<std::string> files;
    for (const auto& one : configuration.traps.communities) files.push_back(one.file);
    if (!configuration.traps.communities_file.empty()) files.push_back(configuration.traps.communities_file);
    std::map<std::string, std::string> known;
    for (const auto& file : files) {
        auto text = base::readSecret(file);
        if (!text) return base::failure(text.error());
        for (const auto& secret : linesOf(*text)) {
            const auto [first, fresh] = known.emplace(secret, file);
            if (!fresh && first->second != file) {
                return base::failure(base::ErrorCode::Conflict,
                                     fmt::format("'{}' and '{}' have the same community, so that it cannot tell for "
                                                 "whom it speaks: give it in one file, or use different ones",
                                                 first->second, file));
            }
            if (fresh) communities.push_back({secret, file});
        }
    }
    return communities;
}

base::Result<std::vector<traps::SnmpUser>> snmpUsersFrom(const config::Configuration& configuration) {
    std::vector<traps::SnmpUser> users;
    for (const auto& user : configuration.traps.users) {
        auto made = snmpUserFrom(user);
        if (!made) return base::failure(made.error().within(fmt::format("SNMP user '{}'", user.name)));
        users.push_back(std::move(*made));
    }
    return users;
}

base::Result<traps::SnmpKeys> snmpKeysFrom(const config::Configuration& configuration) {
    auto users = snmpUsersFrom(configuration);
    if (!users) return base::failure(users.error());
    const auto state = base::readWhole(engineStateFileOf(configuration), 4096).value_or(std::string());
    return traps::SnmpKeys{state.substr(0, state.find(' ')), std::move(*users)};
}

std::vector<std::string> ruleProblems(const std::string& path) {
    auto rules = traps::TrapRules::fromFile(path);
    return rules ? std::vector<std::string>{} : linesOf(rules.error().message);
}

config::Surroundings::Lookups ruleLookups(const std::string& path) {
    auto rules = traps::TrapRules::fromFile(path);
    if (!rules) return {};  // reported already
    config::Surroundings::Lookups lookups{false, false};
    for (const auto& rule : rules->rules) {
        if (rule.verdict != traps::RuleVerdict::Failure) continue;
        const bool identity = rule.server.by == traps::ServerLookup::By::VarBind;
        (identity ? lookups.by_identity : lookups.by_address) = true;
    }
    const bool none = !lookups.by_identity && !lookups.by_address;  // for failures: then it is not a matter of servers
    return none ? config::Surroundings::Lookups{} : lookups;
}

std::vector<std::string> linesOf(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!line.empty() && line.front() != '#') lines.push_back(line);
    }
    return lines;
}

}  // namespace standin
