#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace standin::protocol {

/// The only way in which JSON becomes text: on one line, with any text in it, for nlohmann's dump() throws where one is
/// not UTF-8. Text from outside is made valid where it enters (agent/base/text.hpp); this is the last defence, and
/// U+FFFD shows that a border was missed.
inline std::string jsonText(const nlohmann::json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The same in ASCII: what programs read that know no UTF-8.
inline std::string asciiJsonText(const nlohmann::json& json) {
    return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

/// The same for people, and for files that they read.
inline std::string indentedJsonText(const nlohmann::json& json) {
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace standin::protocol
