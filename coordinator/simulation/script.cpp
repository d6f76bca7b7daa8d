#include "coordinator/simulation/script.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "agent/base/number.hpp"
#include "agent/base/text.hpp"

namespace standin::simulation {

using base::ErrorCode;
using base::failure;
using base::Result;

namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units{
    {{"h", 3'600'000'000}, {"min", 60'000'000}, {"s", 1'000'000}, {"ms", 1'000}, {"us", 1}}};

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> found;
    while (true) {
        const auto begin = line.find_first_not_of(" \t");
        if (begin == std::string_view::npos) return found;
        line.remove_prefix(begin);
        const auto end = std::min(line.find_first_of(" \t"), line.size());
        found.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
}

Result<When> whenFrom(std::string_view text) {
    const auto wrong = [&] {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("'{}' is no moment: 'at 1.5s', 'at segment.set/job01 #2 +50ms', 'before record #7'",
                                   base::shortened(text, 80)));
    };
    const auto parts = words(text);
    if (parts.size() < 2 || (parts[0] != "at" && parts[0] != "before")) return wrong();
    When when;
    when.before = parts[0] == "before";
    when.time = durationFrom(parts[1]);
    if (!when.time) when.what = std::string(parts[1]);
    for (std::size_t i = 2; i < parts.size(); ++i) {
        const auto number = base::parseNumber<unsigned>(parts[i].substr(1));
        const auto later = durationFrom(parts[i].substr(1));
        if (parts[i][0] == '#' && number && *number > 0) {
            when.nth = *number;
        } else if (parts[i][0] == '+' && later) {
            when.later = *later;
        } else {
            return wrong();
        }
    }
    if (when.time && (when.before || parts.size() > 2)) return wrong();
    return when;
}

}  // namespace

std::string durationText(VirtualTime duration) {
    for (const auto& [unit, microseconds] : units) {
        if (duration.count() % microseconds == 0 && duration.count() != 0)
            return fmt::format("{}{}", duration.count() / microseconds, unit);
    }
    return "0s";
}

std::optional<VirtualTime> durationFrom(std::string_view text) {
    const auto digits = text.find_first_not_of("0123456789.");
    if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
    for (const auto& [unit, microseconds] : units) {
        if (text.substr(digits) != unit) continue;
        double number = 0;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + digits, number);
        if (problem != std::errc{} || end != text.data() + digits) return std::nullopt;
        return VirtualTime(std::llround(number * static_cast<double>(microseconds)));
    }
    return std::nullopt;
}

std::string text(const Action& action) {
    const When& when = action.when;
    std::string line = when.before ? "before " : "at ";
    line += when.time ? durationText(*when.time) : when.what;
    if (when.nth != 1) line += fmt::format(" #{}", when.nth);
    if (when.later.count() != 0) line += " +" + durationText(when.later);
    line += ": " + action.verb;
    for (const auto& argument : action.arguments) line += " " + argument;
    for (const auto& [name, value] : action.options) line += " " + name + "=" + value;
    return line;
}

std::string text(const Script& script) {
    std::string lines;
    for (const Action& action : script) lines += text(action) + "\n";
    return lines;
}

Result<Action> actionFrom(std::string_view line) {
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) {
        return failure(ErrorCode::InvalidInput,
                       fmt::format("'{}' is no action: 'at 1.5s: fail server01'", base::shortened(line, 80)));
    }
    auto when = whenFrom(line.substr(0, colon));
    if (!when) return failure(when.error());
    Action action;
    action.when = std::move(*when);
    for (const auto word : words(line.substr(colon + 2))) {
        const auto equals = word.find('=');
        if (action.verb.empty()) {
            action.verb = std::string(word);
        } else if (equals == std::string_view::npos) {
            action.arguments.emplace_back(word);
        } else {
            action.options[std::string(word.substr(0, equals))] = std::string(word.substr(equals + 1));
        }
    }
    if (action.verb.empty()) return failure(ErrorCode::InvalidInput, fmt::format("'{}' has no verb", line));
    return action;
}

Result<Script> scriptFrom(std::string_view text) {
    Script script;
    for (unsigned number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto parts = words(line);
        if (parts.empty() || parts[0][0] == '#') continue;
        auto action = actionFrom(line);
        if (!action) return failure(action.error().within(fmt::format("line {}", number)));
        script.push_back(std::move(*action));
    }
    return script;
}

}  // namespace standin::simulation
