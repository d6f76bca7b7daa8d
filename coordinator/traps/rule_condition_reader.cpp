#include "coordinator/traps/rule_condition_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/number.hpp"
#include "agent/base/text.hpp"
#include "coordinator/traps/trap_condition.hpp"

namespace standin::traps {

namespace {

using base::YamlReader;

constexpr std::size_t longest_name = 80;  // of a condition: the operator reads it in a table

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

/// `1.3.6.1.4.1.9.5`, or `1.3.6.1.4.1.9.5.*` for a table's column.
void readName(YamlReader& reader, ValueCondition& condition) {
    const auto text = reader.text("oid");
    if (text.empty()) return;  // told already: it is missing
    auto pattern = OidPattern::parse(text);
    if (!pattern) return reader.problem("oid", pattern.error().message);
    condition.oid = pattern->oid();
    condition.column = pattern->below();
}

/// `6003` or `6076-6098`.
std::optional<NumberCondition::Range> rangeFrom(std::string_view text) {
    const auto dash = text.find('-');
    const auto first = base::parseNumber<std::uint32_t>(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : base::parseNumber<std::uint32_t>(text.substr(dash + 1));
    if (!first || !last || *first > *last) return std::nullopt;
    return NumberCondition::Range{*first, *last};
}

/// A value to compare with: of a byte or masked bits a number, so that 0x10 may be written as the tables do.
std::string comparedText(YamlReader& reader, const std::string& key, std::string text, bool is_number) {
    if (!is_number) return text;
    const auto number = numberOf(text);
    if (!number) reader.problem(key, "a byte equals a number, decimal or with 0x");
    return std::to_string(number.value_or(0));
}

void readComparedTexts(YamlReader& reader, ValueCondition& condition) {
    const bool is_number = condition.byte || condition.mask;
    if (reader.has("equals")) condition.equals = comparedText(reader, "equals", reader.text("equals"), is_number);
    if (!reader.has("one_of")) return;
    for (auto& text : reader.texts("one_of"))
        condition.one_of.push_back(comparedText(reader, "one_of", std::move(text), is_number));
    if (condition.one_of.empty()) reader.problem("one_of", "is empty, so nothing could match");
    if (condition.equals) reader.problem("one_of", "what must equal one value needs no list: remove one of them");
}

/// Bits that the mask takes away are never there to compare.
void checkMask(YamlReader& reader, const ValueCondition& condition) {
    if (!condition.mask) return;
    if (*condition.mask <= 0) return reader.problem("mask", "must be above 0: it takes all bits away, or none");
    if (!condition.equals && condition.one_of.empty() && !condition.at_least && !condition.at_most)
        return reader.problem("mask", "compares nothing: say equals, one_of, at_least or at_most");
    const auto possible = [&](const std::string& text) {
        const auto number = numberOf(text).value_or(0);
        return (number & *condition.mask) == number;
    };
    const bool one =
        condition.one_of.empty() || std::any_of(condition.one_of.begin(), condition.one_of.end(), possible);
    if (!one || (condition.equals && !possible(*condition.equals)))
        reader.problem("mask", "takes away bits that are compared with, so nothing could match");
}

}  // namespace

void refuseEmpty(YamlReader& reader, const std::string& key, bool empty) {
    if (empty && reader.has(key)) reader.problem(key, "is empty, which would mean any: remove it, or say which");
}

Grade readGrade(YamlReader& reader, const std::string& key) {
    return gradeFrom(reader.choice(key, {"none", "test", "cleared", "degraded", "failure"}));
}

Oid readOid(YamlReader& reader, const std::string& key) {
    const auto text = reader.text(key);
    if (text.empty()) return {};  // told already: it is missing
    auto oid = Oid::parse(text);
    if (!oid) reader.problem(key, oid.error().message);
    return oid.value_or(Oid());
}

ValueCondition readCondition(YamlReader& reader) {
    ValueCondition condition;
    readName(reader, condition);
    condition.present = reader.boolean("present", true);
    if (reader.has("byte"))
        condition.byte = static_cast<unsigned>(reader.integer("byte", 0, VarBind::longest_value - 1));
    condition.mask = readNumber(reader, "mask");
    readComparedTexts(reader, condition);
    condition.at_least = readNumber(reader, "at_least");
    condition.at_most = readNumber(reader, "at_most");
    if (condition.at_least && condition.at_most && *condition.at_least > *condition.at_most) {
        reader.problem("at_least", "is above at_most, so nothing could match");
    }
    if (reader.has("pattern")) {
        if (auto compiled = condition.setPattern(reader.text("pattern")); !compiled)
            reader.problem("pattern", compiled.error().message);
    }
    checkMask(reader, condition);
    if (!condition.present && condition.compares()) {
        reader.problem("present", "a varbind that must be absent has no value to compare");
    }
    reader.finish();
    return condition;
}

PlatformEventCondition readPlatformEvent(YamlReader& reader) {
    PlatformEventCondition condition;
    if (reader.has("coding")) {
        const auto coding = reader.choice("coding", {"pet", "lenovo", "huawei"});
        condition.coding = coding == "lenovo"   ? EventCoding::Lenovo
                           : coding == "huawei" ? EventCoding::Huawei
                                                : EventCoding::Pet;
    }
    if (reader.has("sensor")) {
        const auto text = reader.text("sensor");
        condition.sensor_type = sensorTypeNamed(text);
        if (!condition.sensor_type) {
            const auto number = numberOf(text);
            if (number && *number >= 0 && *number <= 0xff) {
                condition.sensor_type = static_cast<std::uint8_t>(*number);
            } else {
                reader.problem("sensor", fmt::format("'{}' is neither a number up to 0xff nor one of {}",
                                                     base::shortened(text, 80), sensorTypeNames()));
            }
        }
    }
    if (const auto event = readNumber(reader, "event")) {
        if (*event < 0 || *event > 0x7f) reader.problem("event", "must be 0x00 to 0x7f");
        condition.event_type = static_cast<std::uint8_t>(*event & 0x7f);
    }
    for (const auto offset : reader.integers("offsets", 0, 15)) condition.offsets.insert(offset);
    refuseEmpty(reader, "offsets", condition.offsets.empty());
    if (reader.has("direction"))
        condition.deasserted = reader.choice("direction", {"asserted", "deasserted"}) == "deasserted";
    if (reader.has("graded")) condition.graded = readGrade(reader, "graded");
    reader.finish();
    return condition;
}

NumberCondition readNumbers(YamlReader& reader) {
    NumberCondition condition;
    const auto numbers = reader.texts("numbers");
    refuseEmpty(reader, "numbers", numbers.empty());
    for (const auto& text : numbers) {
        if (const auto range = rangeFrom(text)) {
            condition.ranges.push_back(*range);
        } else {
            reader.problem("numbers", fmt::format("'{}' is neither a number nor a range such as 6076-6098",
                                                  base::shortened(text, 80)));
        }
    }
    if (auto rest = reader.optionalMap("remainder")) {
        condition.divisor = static_cast<std::uint32_t>(rest->integer("divisor", 2, 1000));
        condition.remainder = static_cast<std::uint32_t>(rest->integer("equals", 0, condition.divisor - 1));
        rest->finish();
    }
    return condition;
}

ConditionNaming readConditionNaming(YamlReader& reader) {
    ConditionNaming naming;
    if (reader.has("name")) naming.name = reader.text("name");
    if (reader.has("group")) naming.group = static_cast<std::uint32_t>(reader.integer("group", 2, 1000));
    if (reader.has("first")) naming.first = static_cast<std::uint32_t>(reader.integer("first", 0, 100000));
    naming.parts = readAll<OidPattern>(reader, "parts");
    if (naming.name.size() > longest_name)
        reader.problem("name", fmt::format("may have at most {} characters", longest_name));
    if (naming.parts.size() > ConditionKey{}.parts.size())
        reader.problem("parts", fmt::format("may have at most {} varbinds", ConditionKey{}.parts.size()));
    if (reader.has("first") && naming.group == 0)
        reader.problem("first", "says where groups begin, and there is no group: add it, or remove this");
    if (!naming.name.empty() && naming.group > 0)
        reader.problem("group", "what has a name is not named by its number as well: remove one of them");
    reader.finish();
    return naming;
}

}  // namespace standin::traps
