#include "agent/image_store/images/byte_range.hpp"

#include <algorithm>

#include "agent/base/number.hpp"

namespace standin::image_store {

RangeAsked parseRange(std::string_view header, std::uint64_t size) {
    using Kind = RangeAsked::Kind;
    const RangeAsked whole{Kind::Whole, {0, size}};
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit)) return whole;
    header.remove_prefix(unit.size());
    auto dash = header.find('-');
    if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return whole;
    auto first = base::parseNumber<std::uint64_t>(header.substr(0, dash));
    auto last = base::parseNumber<std::uint64_t>(header.substr(dash + 1));
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
