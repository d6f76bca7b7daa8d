#pragma once

#include <string>
#include <vector>

#include "agent/base/yaml_reader.hpp"

namespace standin::base {

/// Reads a list of certificates' common names for a role; absent: empty. Problems: a name that no certificate can have,
/// a pattern (names are compared whole), and a duplicate.
std::vector<std::string> readCertificateNames(YamlReader& reader, const std::string& key);

}  // namespace standin::base
