#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/identifier.hpp"

namespace standin::traps {

/// S202: a trap says that this server's hardware has failed. Several may speak of one failure; merging them is the
/// engine's.
struct FailureReport {
    base::ServerName server;
    std::string kind;             ///< in the words of the rules, e.g. `processor`, `power`, `memory`
    std::string cause;            ///< one sentence for people: the rule's reason and where the trap came from
    std::uint64_t trap_id = 0;    ///< in the trap log: `standinctl trap explain <id>`
    base::WallTime arrived_at{};  ///< when the datagram reached this host
    base::SteadyTime arrived_steady{};
    std::function<void()> when_durable{};  ///< to be called, from any thread, once what comes of it is; may be empty
};

}  // namespace standin::traps
