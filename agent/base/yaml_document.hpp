#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

#include "agent/base/yaml_reader.hpp"

namespace standin::base {

/// The root of a document that is one mapping, in UTF-8, with unique keys and limited nesting. Otherwise problems are
/// recorded, with `name` and the place.
std::optional<YAML::Node> loadMapping(const std::string& text, const std::string& name, YamlProblems& problems);

/// `file:line:column`, as an editor counts.
std::string placeOf(const std::string& file, const YAML::Mark& mark);

}  // namespace standin::base
