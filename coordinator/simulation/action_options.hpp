#pragma once

#include <string_view>

#include "coordinator/simulation/script.hpp"

namespace standin::simulation {

/// `word` is one of `words`, which are written `well|never|elsewhere`.
bool isOneOf(std::string_view words, std::string_view word);

/// InvalidInput: an option that the verb does not take, or a value that it cannot have. An option that nobody reads
/// would be a fault that does not strike.
base::Result<void> checkOptions(const Action& action);

}  // namespace standin::simulation
