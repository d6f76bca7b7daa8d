// Reads trap rules from YAML; roles/standin_coordinator/files/trap_rules.yml shows and explains every key.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "agent/base/identifier.hpp"
#include "agent/base/number.hpp"
#include "agent/base/yaml_reader.hpp"
#include "coordinator/traps/rule_scope.hpp"
#include "coordinator/traps/trap_rules.hpp"

namespace standin::traps {

namespace {

using base::YamlProblems;
using base::YamlReader;

constexpr std::size_t most_rules = 1000;  // every trap is held against every rule; more would be slow and is a mistake

/// A number in decimal or, as IPMI's tables have it, hexadecimal with 0x.
std::optional<std::int64_t> numberOf(std::string_view text) {
    const bool hex = text.starts_with("0x");
    if (hex) text.remove_prefix(2);
    return base::parseNumber<std::int64_t>(text, hex ? 16 : 10);
}

std::optional<std::int64_t> readNumber(YamlReader& reader, const std::string& key) {
    if (!reader.has(key)) {
        return std::nullopt;
    }
    auto number = numberOf(reader.text(key));
    if (!number) reader.problem(key, "must be a whole number, decimal or with 0x");
    return number;
}

Oid readOid(YamlReader& reader, const std::string& key) {
    const auto text = reader.text(key);
    if (text.empty()) return {};  // told already: it is missing
    auto oid = Oid::parse(text);
    if (!oid) reader.problem(key, oid.error().message);
    return oid.value_or(Oid());
}

template <typename Thing>
std::vector<Thing> readAll(YamlReader& reader, const std::string& key) {
    std::vector<Thing> things;
    for (const auto& text : reader.texts(key)) {
        auto thing = Thing::parse(text);
        if (thing) {
            things.push_back(std::move(thing).value());
        } else {
            reader.problem(key, thing.error().message);
        }
    }
    return things;
}

ValueCondition readCondition(YamlReader& reader) {
    ValueCondition condition;
    condition.oid = readOid(reader, "oid");
    condition.present = reader.boolean("present", true);
    if (reader.has("byte"))
        condition.byte = static_cast<unsigned>(reader.integer("byte", 0, VarBind::longest_value - 1));
    if (reader.has("equals")) {
        condition.equals = reader.text("equals");
        if (condition.byte) {  // a byte is compared as a number, so that 0x10 may be written as the tables do
            const auto number = numberOf(*condition.equals);
            if (!number) reader.problem("equals", "a byte equals a number, decimal or with 0x");
            condition.equals = std::to_string(number.value_or(0));
        }
    }
    condition.at_least = readNumber(reader, "at_least");
    condition.at_most = readNumber(reader, "at_most");
    if (condition.at_least && condition.at_most && *condition.at_least > *condition.at_most) {
        reader.problem("at_least", "is above at_most, so nothing could match");
    }
    if (reader.has("pattern")) {
        if (auto compiled = condition.setPattern(reader.text("pattern")); !compiled)
            reader.problem("pattern", compiled.error().message);
    }
    if (!condition.present && (condition.equals || condition.at_least || condition.at_most || condition.pattern)) {
        reader.problem("present", "a varbind that must be absent has no value to compare");
    }
    reader.finish();
    return condition;
}

PlatformEventCondition readPlatformEvent(YamlReader& reader) {
    PlatformEventCondition condition;
    if (reader.has("sensor")) {
        const auto text = reader.text("sensor");
        condition.sensor_type = sensorTypeNamed(text);
        if (!condition.sensor_type) {
            const auto number = numberOf(text);
            if (number && *number >= 0 && *number <= 0xff) {
                condition.sensor_type = static_cast<std::uint8_t>(*number);
            } else {
                reader.problem("sensor", fmt::format("'{}' is neither a number up to 0xff nor one of {}", text,
                                                     sensorTypeNames()));
            }
        }
    }
    if (const auto event = readNumber(reader, "event")) {
        if (*event < 0 || *event > 0x7f) reader.problem("event", "must be 0x00 to 0x7f");
        condition.event_type = static_cast<std::uint8_t>(*event & 0x7f);
    }
    for (const auto offset : reader.integers("offsets", 0, 15)) condition.offsets.insert(offset);
    if (reader.has("direction"))
        condition.deasserted = reader.choice("direction", {"asserted", "deasserted"}) == "deasserted";
    reader.finish();
    return condition;
}

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

TrapRule readRule(YamlReader& reader) {
    TrapRule rule;
    rule.name = reader.text("name");
    if (!rule.name.empty() && !base::isIdentifier(rule.name)) {
        reader.problem("name", "must be 1 to 63 of letters, digits, '.', '_', '@', '-'");
    }
    rule.reason = reader.text("reason");
    rule.oids = readAll<OidPattern>(reader, "oids");
    rule.sources = readAll<NetworkPrefix>(reader, "sources");
    if (auto event = reader.optionalMap("platform_event")) rule.platform_event = readPlatformEvent(*event);
    for (auto& varbind : reader.list("varbinds")) rule.varbinds.push_back(readCondition(varbind));
    if (auto lookup = reader.optionalMap("server")) rule.server = readServerLookup(*lookup);
    const auto verdict = reader.choice("verdict", {"not_a_failure", "failure", "ignored"});
    rule.verdict = verdict == "failure"   ? RuleVerdict::Failure
                   : verdict == "ignored" ? RuleVerdict::Ignored
                                          : RuleVerdict::NotAFailure;
    if (rule.verdict == RuleVerdict::Failure) {
        rule.kind = reader.text("kind");
        if (!rule.kind.empty() && !base::isIdentifier(rule.kind)) {
            reader.problem("kind", "must be 1 to 63 of letters, digits, '.', '_', '@', '-'");
        }
        // A rule that takes every trap of the world for a failure is a slip, and an expensive one.
        if (rule.oids.empty() && rule.sources.empty() && !rule.platform_event && rule.varbinds.empty()) {
            reader.problem("verdict",
                           "a rule for failures must say of which traps: oids, sources, platform_event or varbinds");
        } else if (const auto wide = tooWide(rule); !wide.empty()) {
            reader.problem(rule.oids.empty() ? (rule.sources.empty() ? "verdict" : "sources") : "oids", wide);
        }
    }
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
