#include "agent/protocol/json_fields.hpp"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "agent/base/text.hpp"

namespace standin::protocol {

using base::ErrorCode;
using base::failure;

namespace {
constexpr int deepest = 32;  // our own messages are 4 deep; more is an attack on the parser's stack
}

base::Result<Json> parseJson(const std::string& text) {
    std::string problem;
    std::vector<std::set<std::string>> seen;  // the fields of the objects that are open
    Json::parser_callback_t watch = [&](int depth, Json::parse_event_t event, Json& value) {
        if (depth > deepest) problem = "the JSON text is nested too deeply";
        if (!problem.empty()) return false;
        if (event == Json::parse_event_t::object_start) seen.emplace_back();
        if (event == Json::parse_event_t::object_end) seen.pop_back();
        // The library keeps the last of two silently; a document that says a thing twice is wrong.
        if (event == Json::parse_event_t::key && !seen.back().insert(value.get<std::string>()).second)
            problem = fmt::format("field '{}' stands there twice", base::shortened(value.get<std::string>(), 80));
        return problem.empty();
    };
    try {
        Json json = Json::parse(text, watch);
        if (!problem.empty()) return failure(ErrorCode::InvalidInput, problem);
        return json;
    } catch (const Json::exception& exception) {
        return failure(ErrorCode::InvalidInput, fmt::format("not valid JSON: {}", base::oneLine(exception.what())));
    }
}

JsonFields::JsonFields(const Json& object, std::string what, Unknown unknown)
    : json_(object), what_(std::move(what)), unknown_(unknown) {
    if (!json_.is_object()) problem("must be a JSON object");
}

void JsonFields::problem(const std::string& sentence) {
    if (problem_.empty()) problem_ = sentence;
}

const Json* JsonFields::find(std::string_view name, bool required) {
    if (unknown_ == Unknown::Refuse) asked_.emplace(name);
    if (json_.is_object()) {
        auto found = json_.find(name);
        if (found != json_.end() && !found->is_null()) return &*found;
    }
    if (required) problem(fmt::format("field '{}' is missing", name));
    return nullptr;
}

bool JsonFields::has(const char* name) {
    return find(name, false) != nullptr;
}

const std::string& JsonFields::text(const char* name, std::size_t longest) {
    static const std::string none;
    if (find(name, true) == nullptr) return none;
    const auto* value = optionalText(name, longest);
    return value == nullptr ? none : *value;
}

std::string JsonFields::text(const char* name, const std::string& otherwise, std::size_t longest) {
    const auto* value = optionalText(name, longest);
    return value == nullptr ? otherwise : *value;
}

const std::string* JsonFields::optionalText(const char* name, std::size_t longest) {
    const auto* value = find(name, false);
    if (value == nullptr) return nullptr;
    const auto* its = value->get_ptr<const std::string*>();
    if (its != nullptr && its->size() <= longest) return its;
    problem(fmt::format("field '{}' must be a text of at most {} bytes", name, longest));
    return nullptr;
}

std::int64_t JsonFields::integer(const char* name, std::int64_t least, std::int64_t most) {
    const auto* value = find(name, true);
    if (value == nullptr) return least;
    bool fits = value->is_number_integer() && !(value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX);
    if (!fits || value->get<std::int64_t>() < least || value->get<std::int64_t>() > most) {
        problem(fmt::format("field '{}' must be a whole number from {} to {}", name, least, most));
        return least;
    }
    return value->get<std::int64_t>();
}

std::int64_t JsonFields::integer(const char* name, std::int64_t least, std::int64_t most, std::int64_t otherwise) {
    return has(name) ? integer(name, least, most) : otherwise;
}

std::uint64_t JsonFields::count(const char* name, std::uint64_t otherwise) {
    return has(name) ? static_cast<std::uint64_t>(integer(name, 0, INT64_MAX)) : otherwise;
}

double JsonFields::number(const char* name, double otherwise) {
    const auto* value = find(name, false);
    if (value == nullptr) return otherwise;
    if (!value->is_number()) {
        problem(fmt::format("field '{}' must be a number", name));
        return otherwise;
    }
    return value->get<double>();
}

bool JsonFields::boolean(const char* name, bool otherwise) {
    const auto* value = find(name, false);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) {
        problem(fmt::format("field '{}' must be true or false", name));
        return otherwise;
    }
    return value->get<bool>();
}

const Json& JsonFields::object(const char* name) {
    static const Json none = Json::object();
    const auto* value = find(name, false);
    if (value == nullptr) return none;
    if (!value->is_object()) {
        problem(fmt::format("field '{}' must be an object", name));
        return none;
    }
    return *value;
}

const Json& JsonFields::array(const char* name, std::size_t most) {
    static const Json none = Json::array();
    const auto* value = find(name, false);
    if (value == nullptr) return none;
    if (!value->is_array() || value->size() > most) {
        problem(fmt::format("field '{}' must be a list of at most {} items", name, most));
        return none;
    }
    return *value;
}

void JsonFields::checkUnknown() {
    if (unknown_ == Unknown::Skip || !json_.is_object()) return;
    for (const auto& [name, value] : json_.items()) {
        if (asked_.count(name) == 0) problem(fmt::format("field '{}' is unknown", base::shortened(name, 80)));
    }
}

}  // namespace standin::protocol
