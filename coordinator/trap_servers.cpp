#include "coordinator/trap_servers.hpp"

#include <fmt/format.h>

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
    return directory;
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
