#include "agent/base/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace standin::base {

namespace {

// Ten years: additions to it, in nanoseconds too, do not overflow.
constexpr std::uint64_t longest_duration_ms = 3650ULL * 86'400'000;

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

Result<std::uint64_t> parseWithUnit(std::string_view text, const Unit* begin, const Unit* end,
                                    std::string_view example) {
    std::uint64_t number = 0;
    auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
    while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
    if (problem == std::errc{}) {
        for (const auto* candidate = begin; candidate != end; ++candidate) {
            if (candidate->name != unit) continue;
            if (number > std::numeric_limits<std::int64_t>::max() / candidate->factor) break;
            return number * candidate->factor;
        }
    }
    return failure(ErrorCode::InvalidInput,
                   fmt::format("'{}' is not a whole number with a unit, as in '{}'", text, example));
}

}  // namespace

Result<std::chrono::milliseconds> parseDuration(std::string_view text) {
    static constexpr std::array<Unit, 5> units{
        {{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
    auto parsed = parseWithUnit(text, units.begin(), units.end(), "2s");
    if (!parsed) return failure(parsed.error());
    if (*parsed > longest_duration_ms)
        return failure(ErrorCode::InvalidInput, fmt::format("'{}' is longer than 3650d", text));
    return std::chrono::milliseconds(static_cast<std::int64_t>(*parsed));
}

Result<std::uint64_t> parseBytes(std::string_view text) {
    static constexpr std::array<Unit, 5> units{
        {{"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}, {"TiB", 1ULL << 40}}};
    return parseWithUnit(text, units.begin(), units.end(), "1024MiB");
}

std::string humanBytes(std::uint64_t bytes) {
    static constexpr std::array<const char*, 5> names{"B", "KiB", "MiB", "GiB", "TiB"};
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (amount >= 1024 && unit + 1 < names.size()) {
        amount /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", amount, names[unit]);
}

}  // namespace standin::base
