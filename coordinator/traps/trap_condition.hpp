#pragma once

#include <array>
#include <string>

#include "coordinator/traps/trap_rules.hpp"

namespace standin::traps {

/// Identifies the condition of a server that a trap concerns.
struct ConditionKey {
    std::string name;                    ///< e.g. `fan`, or the OIDs that concern one condition
    std::array<std::string, 4> parts{};  ///< which one of them, as far as the trap names it

    /// True if a `cleared` trap with this key closes `open`: the parts that both name are equal.
    [[nodiscard]] bool covers(const ConditionKey& open) const;
    auto operator<=>(const ConditionKey&) const = default;
};

/// The condition of a trap that `rule` matches.
ConditionKey conditionOf(const Trap& trap, const TrapRule& rule);

}  // namespace standin::traps
