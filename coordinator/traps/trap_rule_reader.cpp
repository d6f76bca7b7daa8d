// Reads trap rules from YAML; roles/standin_coordinator/files/trap_rules.yml shows and explains every key.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "agent/base/identifier.hpp"
#include "agent/base/yaml_reader.hpp"
#include "coordinator/traps/rule_condition_reader.hpp"
#include "coordinator/traps/rule_scope.hpp"
#include "coordinator/traps/trap_rules.hpp"

namespace standin::traps {

namespace {

using base::YamlProblems;
using base::YamlReader;

constexpr std::size_t most_rules = 1000;  // every trap is held against every rule; more would be slow and is a mistake

ServerLookup readServerLookup(YamlReader& reader) {
    ServerLookup lookup;
    const auto by = reader.choice("by", {"source", "agent_address", "varbind"});
    lookup.by = by == "varbind"  ? ServerLookup::By::VarBind
                : by == "source" ? ServerLookup::By::Source
                                 : ServerLookup::By::AgentAddress;
    if (lookup.by == ServerLookup::By::VarBind) {
        lookup.varbind = readOid(reader, "varbind");
        if (reader.has("first_byte") || reader.has("last_byte")) {
            const auto first = reader.integer("first_byte", 0, VarBind::longest_value - 1);
            const auto last = reader.integer("last_byte", 0, VarBind::longest_value - 1);
            if (first > last) reader.problem("first_byte", "is after last_byte");
            lookup.bytes = {static_cast<unsigned>(first), static_cast<unsigned>(last)};
        }
    }
    reader.finish();
    return lookup;
}

RuleVerdict verdictFor(Grade grade) {
    if (grade == Grade::Failure) return RuleVerdict::Failure;
    return grade == Grade::Test ? RuleVerdict::Ignored : RuleVerdict::NotAFailure;
}

/// The grade, or the verdict that rules had before there were grades, or both; a kind alone is a failure's.
void readOutcome(YamlReader& reader, TrapRule& rule) {
    if (reader.has("grade")) {
        rule.grade = readGrade(reader, "grade");
    } else if (reader.has("kind") && !reader.has("verdict")) {
        rule.grade = Grade::Failure;
    } else if (!reader.has("verdict")) {
        reader.problem("grade", "is missing: say failure, degraded, cleared, test or none");
    }
    rule.verdict = verdictFor(rule.grade);
    if (reader.has("verdict")) {
        const auto verdict = reader.choice("verdict", {"not_a_failure", "failure", "ignored"});
        rule.verdict = verdict == "failure"   ? RuleVerdict::Failure
                       : verdict == "ignored" ? RuleVerdict::Ignored
                                              : RuleVerdict::NotAFailure;
        const bool fails = rule.verdict == RuleVerdict::Failure;
        if (!reader.has("grade")) {
            rule.grade = fails ? Grade::Failure : Grade::None;
        } else if (fails != (rule.grade == Grade::Failure)) {
            reader.problem("verdict", fmt::format("'{}' contradicts the grade '{}': leave the verdict out", verdict,
                                                  nameOf(rule.grade)));
        }
    }
}

/// A rule that takes every trap of the world for a failure is a slip, and an expensive one.
void checkScope(YamlReader& reader, const TrapRule& rule) {
    const std::string outcome = reader.has("verdict") ? "verdict" : "grade";
    if (rule.oids.empty() && rule.sources.empty() && !rule.platform_event && rule.varbinds.empty()) {
        reader.problem(outcome,
                       "a rule for failures must say of which traps: oids, sources, platform_event or varbinds");
    } else if (const auto wide = tooWide(rule); !wide.empty()) {
        reader.problem(rule.oids.empty() ? (rule.sources.empty() ? outcome : "sources") : "oids", wide);
    }
}

/// What only some grades have.
void readGraded(YamlReader& reader, TrapRule& rule) {
    if (rule.verdict == RuleVerdict::Failure) {
        rule.kind = reader.text("kind");
        if (!rule.kind.empty() && !base::isIdentifier(rule.kind)) {
            reader.problem("kind", "must be 1 to 63 of letters, digits, '.', '_', '@', '-'");
        }
        checkScope(reader, rule);
    } else if (reader.has("kind") && reader.has("grade")) {
        static_cast<void>(reader.text("kind"));
        reader.problem("kind", fmt::format("only a failure has a kind, and the grade is '{}': remove one of them",
                                           nameOf(rule.grade)));
    }
    if (auto condition = reader.optionalMap("condition")) {
        rule.condition = readConditionNaming(*condition);
        if (rule.grade != Grade::Degraded && rule.grade != Grade::Cleared)
            reader.problem("condition",
                           fmt::format("only what is degraded or cleared has a condition, and the grade is "
                                       "'{}': remove it",
                                       nameOf(rule.grade)));
    }
}

TrapRule readRule(YamlReader& reader) {
    TrapRule rule;
    rule.name = reader.text("name");
    if (!rule.name.empty() && !base::isIdentifier(rule.name)) {
        reader.problem("name", "must be 1 to 63 of letters, digits, '.', '_', '@', '-'");
    }
    rule.reason = reader.text("reason");
    rule.oids = readAll<OidPattern>(reader, "oids");
    rule.numbers = readNumbers(reader);
    rule.sources = readAll<NetworkPrefix>(reader, "sources");
    if (auto event = reader.optionalMap("platform_event")) rule.platform_event = readPlatformEvent(*event);
    for (auto& varbind : reader.list("varbinds")) rule.varbinds.push_back(readCondition(varbind));
    refuseEmpty(reader, "varbinds", rule.varbinds.empty());
    rule.message = readAll<OidPattern>(reader, "message");
    if (auto lookup = reader.optionalMap("server")) rule.server = readServerLookup(*lookup);
    readOutcome(reader, rule);
    readGraded(reader, rule);
    reader.finish();
    return rule;
}

/// Of rules that are well by themselves.
void findShadowed(const std::vector<TrapRule>& rules, std::vector<YamlReader>& readers) {
    for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
        const auto earlier =
            std::find_if(rules.begin(), rule, [&](const TrapRule& one) { return shadows(one, *rule); });
        if (earlier == rule) continue;
        const auto at = [&](auto one) -> YamlReader& { return readers[static_cast<std::size_t>(one - rules.begin())]; };
        at(rule).problem(
            "name",
            fmt::format(
                "rule '{}' never decides: every trap that it is about is decided by rule '{}' at {} before; put it "
                "before that one, or remove it",
                rule->name, earlier->name, at(earlier).place()));
    }
}

base::Result<TrapRules> read(std::optional<YamlReader> root, YamlProblems& problems) {
    TrapRules rules;
    if (root) {
        std::map<std::string, std::string> places;
        auto readers = root->list("rules");
        for (auto& reader : readers) {
            rules.rules.push_back(readRule(reader));
            const auto [first, fresh] = places.emplace(rules.rules.back().name, reader.place());
            if (!fresh) reader.problem("name", "is already used at " + first->second);
        }
        if (problems.empty() && rules.rules.size() <= most_rules) findShadowed(rules.rules, readers);
        if (rules.rules.empty() && problems.empty()) root->problem("rules", "must have at least one rule");
        if (rules.rules.size() > most_rules)
            root->problem("rules", fmt::format("may have at most {} rules", most_rules));
        root->finish();
    }
    if (!problems.empty()) return base::failure(problems.error());
    return rules;
}

}  // namespace

base::Result<TrapRules> TrapRules::fromFile(const std::string& path) {
    YamlProblems problems;
    return read(YamlReader::fromFile(path, problems), problems);
}

base::Result<TrapRules> TrapRules::fromText(const std::string& text, const std::string& name) {
    YamlProblems problems;
    return read(YamlReader::fromText(text, name, problems), problems);
}

}  // namespace standin::traps
