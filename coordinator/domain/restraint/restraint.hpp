#pragma once

#include <string>

#include "agent/base/clock.hpp"

namespace standin::domain {

/// What keeps an operation from beginning anything. Steps that have begun come to their ends.
struct Restraint {
    enum class By {
        Nobody,
        Freeze,  ///< an operator has frozen the site
        Brake    ///< too many failovers at once: this one waits for positive evidence or for a release
    };
    By by = By::Nobody;
    std::string why;
    std::string cure;
    base::WallTime since{};
    base::WallTime reported_at{};  ///< to the operator; it is repeated at intervals

    [[nodiscard]] bool inForce() const { return by != By::Nobody; }
    bool operator==(const Restraint&) const = default;
};

/// That a failover was let through the brake, once and for good.
struct BrakePass {
    base::WallTime at{};  ///< epoch: it was not
    std::string why;      ///< `released by operator ada`

    [[nodiscard]] bool given() const { return at != base::WallTime{}; }
    bool operator==(const BrakePass&) const = default;
};

/// What restrains an operation now, as far as it follows from the site and not from the operation.
struct SiteRestraint {
    std::string frozen;    ///< by whom, since when and why; empty: the site is not frozen
    std::string braked;    ///< why the brake keeps a further failover back; empty: it does not
    std::string cure;      ///< how the brake is released
    std::string released;  ///< by whom this failover was let through; empty: by nobody
    bool operator==(const SiteRestraint&) const = default;
};

}  // namespace standin::domain
