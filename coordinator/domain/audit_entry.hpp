#pragma once

#include <cstdint>
#include <string>

#include "agent/base/clock.hpp"

namespace standin::domain {

/// Who asked for what, and what came of it.
struct AuditEntry {
    std::uint64_t id = 0;
    base::WallTime at{};
    std::string who;
    std::string what;     ///< `failover of server 'server01'`
    std::string outcome;  ///< `operation 17` or `refused: …`
};

}  // namespace standin::domain
