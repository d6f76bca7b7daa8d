#include "coordinator/traps/classify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "agent/base/text.hpp"

namespace standin::traps {

namespace {

constexpr std::array<std::string_view, 6> outcome_names{"failure",        "not_a_failure", "ignored",
                                                        "unknown_server", "no_rule",       "refused"};

std::string normalIdentity(std::string_view identity) {
    std::string normal;
    for (const char c : identity.starts_with("0x") ? identity.substr(2) : identity) {
        if (c != '-' && c != ' ') normal += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return normal;
}

base::Result<void> add(std::unordered_map<std::string, base::ServerName>& map, std::string key,
                       const base::ServerName& server) {
    const auto [entry, fresh] = map.emplace(std::move(key), server);
    if (fresh || entry->second == server) return {};
    return base::failure(base::ErrorCode::Conflict,
                         fmt::format("'{}' already stands for server '{}', so it cannot stand for '{}'", entry->first,
                                     entry->second.text(), server.text()));
}

std::optional<base::ServerName> find(const std::unordered_map<std::string, base::ServerName>& map,
                                     const std::string& key) {
    const auto entry = map.find(key);
    return entry == map.end() ? std::nullopt : std::optional(entry->second);
}

/// What the lookup searched for, and what it found.
struct Found {
    std::optional<base::ServerName> server;
    std::string key;
};

Found findServer(const Trap& trap, const ServerLookup& lookup, const ServerDirectory& servers) {
    if (lookup.by == ServerLookup::By::Source) return {servers.byAddress(trap.source), "source " + trap.source};
    if (lookup.by == ServerLookup::By::AgentAddress) {
        return {servers.byAddress(trap.agent_address), "agent address '" + trap.agent_address + "'"};
    }
    const VarBind* varbind = trap.find(lookup.varbind);
    if (varbind == nullptr) return {std::nullopt, "varbind " + lookup.varbind.text() + ", which is absent"};
    std::string identity = varbind->text();
    if (lookup.bytes) {
        const auto [first, last] = *lookup.bytes;
        if (varbind->bytes.size() <= last)
            return {std::nullopt, "varbind " + lookup.varbind.text() + ", which is too short"};
        identity.clear();
        for (unsigned i = first; i <= last; ++i)
            identity += fmt::format("{:02x}", static_cast<unsigned char>(varbind->bytes[i]));
    }
    return {servers.byIdentity(identity),
            fmt::format("identity '{}' from varbind {}", base::shortened(identity, 80), lookup.varbind.text())};
}

/// The rule's reason, and what the trap itself says.
std::string reasonOf(const Trap& trap, const TrapRule& rule) {
    constexpr std::size_t longest = 200;
    std::string said;
    for (const auto& name : rule.message) {
        const auto* varbind = trap.find(name);
        const auto text = varbind == nullptr ? std::string() : base::oneLine(varbind->text(), longest);
        if (!text.empty()) said += (said.empty() ? ": " : ", ") + text;
    }
    return rule.reason + said;
}

Verdict verdictOf(const Trap& trap, const TrapRule& rule, const ServerDirectory& servers) {
    Verdict verdict;
    verdict.rule = rule.name;
    verdict.reason = reasonOf(trap, rule);
    verdict.grade = rule.grade;
    auto found = findServer(trap, rule.server, servers);
    if (found.server) verdict.server = *found.server;
    if (rule.grade == Grade::Degraded || rule.grade == Grade::Cleared) verdict.condition = conditionOf(trap, rule);
    switch (rule.verdict) {
        case RuleVerdict::NotAFailure:
            verdict.outcome = Verdict::Outcome::NotAFailure;
            break;
        case RuleVerdict::Ignored:
            verdict.outcome = Verdict::Outcome::Ignored;
            break;
        case RuleVerdict::Failure:
            verdict.kind = rule.kind;
            verdict.outcome = found.server ? Verdict::Outcome::Failure : Verdict::Outcome::UnknownServer;
            break;
    }
    if (!found.server && (rule.grade == Grade::Failure || rule.grade == Grade::Degraded)) {
        verdict.reason += fmt::format("; but no server is known by {}: add it to the server's trap_sources", found.key);
    }
    return verdict;
}

}  // namespace

base::Result<void> ServerDirectory::addAddress(const base::ServerName& server, std::string_view address) {
    auto canonical = canonicalAddress(address);
    if (canonical.empty()) {
        return base::failure(base::ErrorCode::InvalidInput,
                             fmt::format("'{}' is not an IP address", base::shortened(address, 80)));
    }
    return add(addresses_, std::move(canonical), server);
}

base::Result<void> ServerDirectory::addIdentity(const base::ServerName& server, std::string_view identity) {
    auto normal = normalIdentity(identity);
    if (normal.empty()) return base::failure(base::ErrorCode::InvalidInput, "an empty identity names no server");
    return add(identities_, std::move(normal), server);
}

std::optional<base::ServerName> ServerDirectory::byAddress(std::string_view address) const {
    return find(addresses_, canonicalAddress(address));
}

std::optional<base::ServerName> ServerDirectory::byIdentity(std::string_view identity) const {
    return find(identities_, normalIdentity(identity));
}

Verdict classify(const Trap& trap, const TrapRules& rules, const ServerDirectory& servers) {
    Verdict verdict;
    if (!trap.refusal.empty()) {
        verdict.outcome = Verdict::Outcome::Refused;
        verdict.reason = trap.refusal;
    } else {
        const auto rule = std::find_if(rules.rules.begin(), rules.rules.end(),
                                       [&](const TrapRule& r) { return !r.mismatch(trap, Words::Spared); });
        if (rule != rules.rules.end()) return verdictOf(trap, *rule, servers);
        verdict.reason = "no rule matches";
    }
    if (const auto server = servers.byAddress(trap.source)) verdict.server = *server;
    return verdict;
}

Explanation explain(const Trap& trap, const TrapRules& rules, const ServerDirectory& servers) {
    Explanation explanation;
    explanation.verdict = classify(trap, rules, servers);
    if (!trap.refusal.empty()) return explanation;
    for (const auto& rule : rules.rules) {
        const auto why = rule.mismatch(trap, Words::Wanted);
        explanation.lines.push_back(
            {rule.name, !why,
             why.value_or(fmt::format("{}: {}", rule.grade == Grade::None ? nameOf(rule.verdict) : nameOf(rule.grade),
                                      rule.reason))});
        if (!why) break;
    }
    return explanation;
}

std::string_view nameOf(Verdict::Outcome outcome) {
    return outcome_names.at(static_cast<std::size_t>(outcome));
}

Verdict::Outcome outcomeFrom(std::string_view name) {
    const auto* found = std::find(outcome_names.begin(), outcome_names.end(), name);
    return found == outcome_names.end() ? Verdict::Outcome::NoRule
                                        : static_cast<Verdict::Outcome>(found - outcome_names.begin());
}

}  // namespace standin::traps
