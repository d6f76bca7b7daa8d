#pragma once

#include <string>

#include "coordinator/traps/trap_rules.hpp"

namespace standin::traps {

/// Why a rule for failures takes far more for a failure than anybody can mean: it asks for nothing that tells one kind
/// of trap from another. Empty: it asks for enough.
std::string tooWide(const TrapRule& rule);

/// Every trap that `later` matches is matched by `earlier`, too, as far as their conditions show it: `later` would
/// never decide. What cannot be told for certain (patterns) is not called so.
bool shadows(const TrapRule& earlier, const TrapRule& later);

}  // namespace standin::traps
