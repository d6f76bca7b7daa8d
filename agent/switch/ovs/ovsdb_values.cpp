#include "agent/switch/ovs/ovsdb_values.hpp"

namespace standin::lan_switch {

using protocol::Json;

namespace {

// The elements of a set, which is written as the bare element when there is exactly one.
std::vector<Json> elementsOf(const Json& value) {
    if (value.is_array() && value.size() == 2 && value[0] == "set" && value[1].is_array())
        return value[1].get<std::vector<Json>>();
    if (value.is_null()) return {};
    return {value};
}

}  // namespace

std::string stringOf(const Json& value) {
    return value.is_string() ? value.get<std::string>() : std::string();
}

std::vector<std::int64_t> integersOf(const Json& value) {
    std::vector<std::int64_t> integers;
    for (const auto& element : elementsOf(value)) {
        if (element.is_number_integer()) integers.push_back(element.get<std::int64_t>());
    }
    return integers;
}

std::optional<std::int64_t> integerOf(const Json& value) {
    const auto integers = integersOf(value);
    return integers.size() == 1 ? std::optional(integers.front()) : std::nullopt;
}

std::set<std::string> uuidsOf(const Json& value) {
    std::set<std::string> uuids;
    for (const auto& element : elementsOf(value)) {
        if (element.is_array() && element.size() == 2 && element[0] == "uuid") uuids.insert(stringOf(element[1]));
    }
    return uuids;
}

std::map<std::string, std::string> mapOf(const Json& value) {
    std::map<std::string, std::string> map;
    if (!value.is_array() || value.size() != 2 || value[0] != "map" || !value[1].is_array()) return map;
    for (const auto& pair : value[1]) {
        if (pair.is_array() && pair.size() == 2) map[stringOf(pair[0])] = stringOf(pair[1]);
    }
    return map;
}

Json asMap(const std::map<std::string, std::string>& map) {
    Json pairs = Json::array();
    for (const auto& [key, value] : map) pairs.push_back(Json::array({key, value}));
    return Json::array({"map", pairs});
}

Json emptySet() {
    return Json::array({"set", Json::array()});
}

const Json& column(const Json& row, const char* name) {
    static const Json absent;
    const auto found = row.is_object() ? row.find(name) : row.end();
    return row.is_object() && found != row.end() ? *found : absent;
}

}  // namespace standin::lan_switch
