#pragma once

#include <string>

#include "agent/base/clock.hpp"

namespace standin::domain {

/// The site's freeze: as long as it is on, nothing begins that would fence a server, cut its power or order a switch.
struct Freeze {
    bool on = false;
    std::string why;  ///< as the operator said; empty: nothing was said
    std::string asked_by;
    base::WallTime since{};
    bool operator==(const Freeze&) const = default;
};

/// `operator ada since 2026-12-01 12:00 UTC: power work`; empty: it is off.
std::string sentenceOf(const Freeze& freeze);

}  // namespace standin::domain
