#include "coordinator/simulation/action_options.hpp"

#include <fmt/format.h>

#include "agent/base/number.hpp"

namespace standin::simulation {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

/// The options that each verb takes, and what their values are: `time`, `number`, `word`, or one of some words.
const std::map<std::string, std::map<std::string, std::string>>& options() {
    static const std::map<std::string, std::map<std::string, std::string>> all{
        {"fail",
         {{"kind", "processor|memory|power"},
          {"serves", "yes|no"},
          {"hung", "yes|no"},
          {"bmc", "dead"},
          {"trap", "yes|no"}}},
        {"trap",
         {{"kind", "processor|memory|power|recovery|test|unknown"},
          {"from", "word"},
          {"times", "number"},
          {"every", "time"}}},
        {"boot", {{"takes", "time"}}},
        {"bmc", {{"busy", "number"}, {"slower", "time"}}},
        {"linger", {{"count", "number"}, {"busy", "yes|no"}, {"for", "time"}}},
        {"restart", {{"down", "time"}}},
        {"disturb", {{"by", "time"}, {"times", "number"}, {"for", "time"}}},
        {"kill", {{"for", "time"}}},
        {"start", {{"journal", "backup"}}},
        {"pause", {{"for", "time"}}},
        {"close", {{"discard", "yes|no"}}},
        {"return", {{"discard", "yes|no"}}},
        {"journal", {{"for", "time"}}}};
    return all;
}

bool isNumber(const std::string& text) {
    return base::parseNumber<unsigned>(text).has_value();
}

}  // namespace

bool isOneOf(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const auto end = std::min(words.find('|'), words.size());
        if (words.substr(0, end) == word) return true;
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
}

Result<void> checkOptions(const Action& action) {
    const auto known = options().find(action.verb);
    for (const auto& [name, value] : action.options) {
        if (known == options().end() || known->second.count(name) == 0)
            return failure(ErrorCode::InvalidInput,
                           fmt::format("'{}': '{}' takes no option '{}'", text(action), action.verb, name));
        const std::string& kind = known->second.at(name);
        const bool good = kind == "word"     ? true
                          : kind == "time"   ? durationFrom(value).has_value()
                          : kind == "number" ? isNumber(value)
                                             : isOneOf(kind, value);
        if (!good)
            return failure(ErrorCode::InvalidInput,
                           fmt::format("'{}': {}={} is no {}", text(action), name, value, kind));
    }
    return {};
}

}  // namespace standin::simulation
