#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace standin::base {

/// Parses the whole `text` as a number, without sign '+', blanks or trailing characters; nullopt if it is something
/// else or does not fit.
template <typename Number>
std::optional<Number> parseNumber(std::string_view text, int base = 10) {
    Number number{};
    const auto* const end = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data(), end, number, base);
    if (text.empty() || problem != std::errc{} || rest != end) return std::nullopt;
    return number;
}

}  // namespace standin::base
