#pragma once

#include <cstdint>
#include <string>

#include "agent/base/clock.hpp"

namespace standin::domain {

/// One entry of the audit: who requested what, and with which outcome.
struct AuditEntry {
    std::uint64_t id = 0;
    base::WallTime at{};
    std::string who;
    std::string what;        ///< `failover of server 'server01'`
    std::string outcome;     ///< `operation 17` or `refused: …`
    std::string previous{};  ///< hash of the entry before (agent/audit/audit_chain.hpp); given by the journal
    std::string hash{};      ///< its own; empty where the journal keeps no chain
};

}  // namespace standin::domain
