#include "agent/image_store/images/byte_range.hpp"

#include <algorithm>
#include <charconv>

namespace standin::image_store {

namespace {

// Digits only; nullopt for anything else and for overflow.
std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || problem != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

RangeAsked parseRange(std::string_view header, std::uint64_t size) {
    using Kind = RangeAsked::Kind;
    const RangeAsked whole{Kind::Whole, {0, size}};
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit)) return whole;
    header.remove_prefix(unit.size());
    auto dash = header.find('-');
    if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return whole;
    auto first = number(header.substr(0, dash));
    auto last = number(header.substr(dash + 1));
    if (dash == 0) {  // the last so many bytes
        if (!last) return whole;
        if (*last == 0 || size == 0) return {Kind::Unsatisfiable, {}};
        return {Kind::Part, {size - std::min(*last, size), size}};
    }
    if (!first || (!last && dash + 1 != header.size())) return whole;
    if (last && *last < *first) return whole;
    if (*first >= size) return {Kind::Unsatisfiable, {}};
    return {Kind::Part, {*first, last ? std::min(*last, size - 1) + 1 : size}};
}

}  // namespace standin::image_store
