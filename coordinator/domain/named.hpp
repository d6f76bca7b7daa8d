#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/base/assertion.hpp"

namespace standin::domain {

/// A table of an enumeration's values and their names in JSON, logs and documents.
template <typename Enum, std::size_t count>
using Names = std::array<std::pair<Enum, std::string_view>, count>;

template <typename Enum, std::size_t count>
std::string_view nameIn(const Names<Enum, count>& names, Enum value) {
    for (const auto& [candidate, name] : names) {
        if (candidate == value) return name;
    }
    STANDIN_ASSERT(!"every value has a name");
    return {};
}

template <typename Enum, std::size_t count>
std::optional<Enum> valueIn(const Names<Enum, count>& names, std::string_view name) {
    for (const auto& [value, candidate] : names) {
        if (candidate == name) return value;
    }
    return std::nullopt;
}

}  // namespace standin::domain
