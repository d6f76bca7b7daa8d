#pragma once

#include <array>
#include <string>

#include "coordinator/traps/trap_rules.hpp"

namespace standin::traps {

/// What of a server a trap speaks of: which thing is degraded, or well again.
struct ConditionKey {
    std::string name;                    ///< e.g. `fan`, or the OIDs that are about one thing
    std::array<std::string, 4> parts{};  ///< which one of them, as far as the trap says it

    /// A trap that says that `this` is well again concerns `open`: where both say which part, it is the same.
    [[nodiscard]] bool covers(const ConditionKey& open) const;
    auto operator<=>(const ConditionKey&) const = default;
};

/// Of a trap that `rule` matches.
ConditionKey conditionOf(const Trap& trap, const TrapRule& rule);

}  // namespace standin::traps
