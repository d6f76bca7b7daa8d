#pragma once

#include <string>

#include "coordinator/traps/trap_rules.hpp"

namespace standin::traps {

/// Why a failure rule matches far more traps than intended: it has no condition that distinguishes kinds of traps.
/// Empty: its conditions suffice.
std::string tooWide(const TrapRule& rule);

/// True if `earlier` matches every trap that `later` matches, as far as their conditions show, so that `later` never
/// decides. False if it cannot be determined for certain (patterns).
bool shadows(const TrapRule& earlier, const TrapRule& later);

}  // namespace standin::traps
