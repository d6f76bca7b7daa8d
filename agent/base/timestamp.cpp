#include "agent/base/timestamp.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

namespace standin::base {

namespace {

/// The digits where the pattern has them, and the pattern's other characters where it has those.
std::optional<std::array<unsigned, 7>> numbersIn(std::string_view text) {
    constexpr std::string_view pattern = "0000-11-22T33:44:55.666666Z";
    if (text.size() != pattern.size()) return std::nullopt;
    std::array<unsigned, 7> numbers{};
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (pattern[i] < '0' || pattern[i] > '6') {
            if (text[i] != pattern[i]) return std::nullopt;
            continue;
        }
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        auto& number = numbers[static_cast<std::size_t>(pattern[i] - '0')];
        number = number * 10 + static_cast<unsigned>(text[i] - '0');
    }
    return numbers;
}

}  // namespace

Result<WallTime> parseTimestamp(const std::string& text) {
    using namespace std::chrono;
    const auto numbers = numbersIn(text);
    if (numbers) {
        const auto [its_year, its_month, its_day, hour, minute, second, micros] = *numbers;
        const year_month_day date(year(static_cast<int>(its_year)), month(its_month), day(its_day));
        if (date.ok() && hour < 24 && minute < 60 && second < 60)
            return WallTime(sys_days(date) + hours(hour) + minutes(minute) + seconds(second) + microseconds(micros));
    }
    return failure(ErrorCode::Corrupt, "'" + text + "' is not a moment");
}

}  // namespace standin::base
