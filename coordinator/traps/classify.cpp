#include "coordinator/traps/classify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "agent/base/text.hpp"
#include "coordinator/traps/named_server.hpp"

namespace standin::traps {

namespace {

constexpr std::array<std::string_view, 6> outcome_names{"failure",        "not_a_failure", "ignored",
                                                        "unknown_server", "no_rule",       "refused"};

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
    const auto named = namedServer(trap, rule.server, servers);
    if (named.server) verdict.server = *named.server;
    if (named.refusal != RefusalKind::None) {
        verdict.outcome = Verdict::Outcome::Refused;
        verdict.refusal = named.refusal;
        verdict.reason = fmt::format("refused: {}; it says: {}", named.words, verdict.reason);
        return verdict;
    }
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
            verdict.outcome = named.server ? Verdict::Outcome::Failure : Verdict::Outcome::UnknownServer;
            break;
    }
    if (!named.server && (rule.grade == Grade::Failure || rule.grade == Grade::Degraded))
        verdict.reason += "; but " + named.words;
    return verdict;
}

}  // namespace

Verdict classify(const Trap& trap, const TrapRules& rules, const ServerDirectory& servers) {
    Verdict verdict;
    if (!trap.refusal.empty()) {
        verdict.outcome = Verdict::Outcome::Refused;
        verdict.reason = trap.refusal;
        verdict.refusal = trap.refusal_kind;
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
