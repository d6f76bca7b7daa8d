#pragma once

#include <string>
#include <vector>

#include "agent/base/yaml_reader.hpp"

namespace standin::base {

/// A list of certificates' common names to which a role is given; absent = empty. Recorded as problems: a name that no
/// certificate can match, a pattern (names are compared whole), and a name that stands there twice.
std::vector<std::string> readCertificateNames(YamlReader& reader, const std::string& key);

}  // namespace standin::base
