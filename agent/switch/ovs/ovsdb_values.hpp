#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/protocol/json_fields.hpp"

/// PURE: values in OVSDB's notation (RFC 7047 5.1). Reading never throws; a value of another shape is read as absent.
namespace standin::lan_switch {

std::string stringOf(const protocol::Json& value);
/// An optional integer: `5`, `["set", [5]]`, or `["set", []]` for none.
std::optional<std::int64_t> integerOf(const protocol::Json& value);
std::vector<std::int64_t> integersOf(const protocol::Json& value);
std::set<std::string> uuidsOf(const protocol::Json& value);
std::map<std::string, std::string> mapOf(const protocol::Json& value);

protocol::Json asMap(const std::map<std::string, std::string>& map);
protocol::Json emptySet();

/// The column of a row; null if it is absent.
const protocol::Json& column(const protocol::Json& row, const char* name);

}  // namespace standin::lan_switch
