#include "coordinator/trap_servers.hpp"

#include <sstream>

#include "coordinator/traps/trap_rules.hpp"

namespace standin {

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

std::vector<std::string> ruleProblems(const std::string& path) {
    auto rules = traps::TrapRules::fromFile(path);
    return rules ? std::vector<std::string>{} : linesOf(rules.error().message);
}

config::Surroundings::Lookups ruleLookups(const std::string& path) {
    auto rules = traps::TrapRules::fromFile(path);
    if (!rules) return {};  // told already
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
