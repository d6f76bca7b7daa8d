#pragma once

#include <string>

#include "agent/base/result.hpp"

namespace standin::base {

/// A secret's text without its trailing line end. Refuses a file that others than its owner and group may read, an
/// empty one and one over 4 KiB; a secret never appears in an error.
Result<std::string> readSecret(const std::string& path);

}  // namespace standin::base
