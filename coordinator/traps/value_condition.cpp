#include "coordinator/traps/value_condition.hpp"

#include <Poco/Exception.h>
#include <Poco/RegularExpression.h>
#include <fmt/format.h>

#include "agent/base/text.hpp"

namespace standin::traps {

namespace {

struct Subject {
    std::string text;
    std::optional<std::int64_t> number;
};

Subject subjectOf(const VarBind& varbind, unsigned byte) {
    const auto value = static_cast<unsigned char>(varbind.bytes[byte]);
    return {std::to_string(value), value};
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
        return base::failure(base::ErrorCode::InvalidInput,
                             fmt::format("'{}' is not a regular expression: {}", text, exception.message()));
    }
}

Mismatch ValueCondition::violation(const Trap& trap, Words words) const {
    const auto no = [&](auto format, const auto&... values) -> Mismatch {
        return words == Words::Wanted ? fmt::format(fmt::runtime(format), values...) : std::string();
    };
    const VarBind* varbind = trap.find(oid);
    if (varbind == nullptr) return present ? no("varbind {} is absent", oid.text()) : std::nullopt;
    if (!present) return no("varbind {} is present", oid.text());
    if (byte && varbind->kind != ValueKind::Octets) return no("varbind {} is no octet string", oid.text());
    if (byte && varbind->bytes.size() <= *byte)
        return no("varbind {} has only {} bytes", oid.text(), varbind->bytes.size());
    const Subject subject = byte ? subjectOf(*varbind, *byte) : Subject{varbind->text(), varbind->number};
    const auto name = words == Words::Spared ? std::string()
                      : byte                 ? fmt::format("{} byte {}", oid.text(), *byte)
                                             : oid.text();
    const auto shown = base::beginningOf(subject.text, 80);
    if (equals && subject.text != *equals) return no("varbind {} is '{}', not '{}'", name, shown, *equals);
    if ((at_least || at_most) && !subject.number) return no("varbind {} is '{}', which is no number", name, shown);
    if (at_least && *subject.number < *at_least) return no("varbind {} is {}, below {}", name, shown, *at_least);
    if (at_most && *subject.number > *at_most) return no("varbind {} is {}, above {}", name, shown, *at_most);
    if (pattern && !found(*pattern, subject.text))
        return no("varbind {} is '{}', which '{}' does not match", name, shown, pattern_text);
    return std::nullopt;
}

}  // namespace standin::traps
