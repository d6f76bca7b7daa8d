#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/protocol/json_fields.hpp"
#include "coordinator/journal/timestamp_field.hpp"

/// Fields that the journal's texts have in common.
namespace standin::journal {

/// Reads a name of an enumeration by its `…From()` function; an unknown one is a problem of the field.
template <typename Enum>
Enum named(protocol::JsonFields& fields, const char* field, std::optional<Enum> (*from)(std::string_view)) {
    const std::string& name = fields.text(field);
    const auto value = from(name);
    if (!value) fields.problem(std::string("field '") + field + "': '" + name + "' is not known");
    return value.value_or(Enum{});
}

/// The epoch where there is none.
inline base::WallTime moment(protocol::JsonFields& fields, const char* field) {
    const auto* text = fields.optionalText(field);
    if (text == nullptr) return {};
    const auto time = parseTimestamp(*text);
    if (!time) fields.problem(std::string("field '") + field + "': " + time.error().message);
    return time.value_or(base::WallTime{});
}

/// A list whose elements are read by `read`; the first problem is the list's.
template <typename Element, typename Kept = Element>
std::vector<Kept> list(protocol::JsonFields& fields, const char* field,
                       base::Result<Element> (*read)(const nlohmann::json&)) {
    std::vector<Kept> elements;
    const auto& objects = fields.array(field);
    elements.reserve(objects.size());
    for (const auto& object : objects) {
        auto element = read(object);
        if (!element) {
            fields.problem(element.error().message);
            return elements;
        }
        elements.push_back(std::move(*element));
    }
    return elements;
}

}  // namespace standin::journal
