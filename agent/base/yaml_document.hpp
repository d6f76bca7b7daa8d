#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

#include "agent/base/yaml_reader.hpp"

namespace standin::base {

/// The root of a document that is one mapping, written in UTF-8, each key once, no deeper than a person nests it.
/// Otherwise what is wrong is in `problems`, with its place in `name`.
std::optional<YAML::Node> loadMapping(const std::string& text, const std::string& name, YamlProblems& problems);

/// `file:line:column`, as an editor counts.
std::string placeOf(const std::string& file, const YAML::Mark& mark);

}  // namespace standin::base
