#include "coordinator/traps/value_condition.hpp"

#include <Poco/Exception.h>
#include <Poco/RegularExpression.h>
#include <fmt/format.h>

#include <algorithm>

#include "agent/base/text.hpp"

namespace standin::traps {

namespace {

struct Subject {
    std::string text;
    std::optional<std::int64_t> number;
};

Subject subjectOf(const VarBind& varbind, const std::optional<unsigned>& byte,
                  const std::optional<std::int64_t>& mask) {
    Subject subject{byte ? std::string() : varbind.text(), varbind.number};
    if (byte) subject.number = static_cast<unsigned char>(varbind.bytes[*byte]);
    if (mask && subject.number) *subject.number &= *mask;
    if (byte || (mask && subject.number)) subject.text = std::to_string(*subject.number);
    return subject;
}

std::string_view withoutBlanks(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

bool found(const Poco::RegularExpression& pattern, const std::string& text) {
    try {
        Poco::RegularExpression::Match match;
        return pattern.match(text, 0, match) > 0;
    } catch (const Poco::Exception&) {
        return false;  // PCRE gave up within its limits: a text that nobody can match matches nothing
    }
}

}  // namespace

base::Result<void> ValueCondition::setPattern(const std::string& text) {
    try {
        pattern = std::make_shared<const Poco::RegularExpression>(text);
        pattern_text = text;
        return {};
    } catch (const Poco::Exception& exception) {
        return base::failure(
            base::ErrorCode::InvalidInput,
            fmt::format("'{}' is not a regular expression: {}", base::shortened(text, 80), exception.message()));
    }
}

Mismatch ValueCondition::violation(const Trap& trap, Words words) const {
    const auto no = [&](const char* what) -> Mismatch {
        return words == Words::Wanted ? fmt::format("varbind {}{} {}", oid.text(), column ? ".*" : "", what)
                                      : std::string();
    };
    if (!column) {
        const VarBind* varbind = trap.find(oid);
        if (varbind == nullptr) return present ? no("is absent") : std::nullopt;
        return present ? violationBy(*varbind, words) : no("is present");
    }
    Mismatch first;
    for (const auto& varbind : trap.varbinds) {
        if (!varbind.oid.startsWith(oid)) continue;
        if (!present) return no("is present");
        auto why = violationBy(varbind, words);
        if (!why) return std::nullopt;
        if (!first) first = std::move(why);
    }
    if (first) return first;
    return present ? no("is absent") : std::nullopt;
}

Mismatch ValueCondition::violationBy(const VarBind& varbind, Words words) const {
    const auto no = [&](auto format, const auto&... values) -> Mismatch {
        return words == Words::Wanted ? fmt::format(fmt::runtime(format), values...) : std::string();
    };
    if (byte && varbind.kind != ValueKind::Octets) return no("varbind {} is no octet string", oid.text());
    if (byte && varbind.bytes.size() <= *byte)
        return no("varbind {} has only {} bytes", oid.text(), varbind.bytes.size());
    const Subject subject = subjectOf(varbind, byte, mask);
    std::string name;
    if (words == Words::Wanted) {
        name = (column ? varbind.oid : oid).text();
        if (byte) name += fmt::format(" byte {}", *byte);
        if (mask) name += fmt::format(" & {:#x}", *mask);
    }
    const auto shown = base::beginningOf(subject.text, 80);
    if (equals && subject.text != *equals) return no("varbind {} is '{}', not '{}'", name, shown, *equals);
    if (!one_of.empty() && std::find(one_of.begin(), one_of.end(), withoutBlanks(subject.text)) == one_of.end())
        return no("varbind {} is '{}', which is none of the rule's", name, shown);
    if ((at_least || at_most) && !subject.number) return no("varbind {} is '{}', which is no number", name, shown);
    if (at_least && *subject.number < *at_least) return no("varbind {} is {}, below {}", name, shown, *at_least);
    if (at_most && *subject.number > *at_most) return no("varbind {} is {}, above {}", name, shown, *at_most);
    if (pattern && !found(*pattern, subject.text))
        return no("varbind {} is '{}', which '{}' does not match", name, shown, pattern_text);
    return std::nullopt;
}

}  // namespace standin::traps
