#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace standin::protocol {

/// The only conversion of JSON to text, on one line. It accepts any string, although nlohmann's dump() throws for
/// invalid UTF-8. Text from outside is made valid where it enters (agent/base/text.hpp); U+FFFD in the output shows
/// that this was missed.
inline std::string jsonText(const nlohmann::json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// As jsonText(), in ASCII for programs that do not support UTF-8.
inline std::string asciiJsonText(const nlohmann::json& json) {
    return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

/// As jsonText(), indented for people and files.
inline std::string indentedJsonText(const nlohmann::json& json) {
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace standin::protocol
