#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/identifier.hpp"

namespace standin::traps {

/// A trap reports that this server's hardware has failed (S202). Several traps may report one failure; the engine
/// merges them.
struct FailureReport {
    base::ServerName server;
    std::string kind;             ///< as the rules name it, e.g. `processor`, `power`, `memory`
    std::string cause;            ///< one sentence for people: the rule's reason and the trap's source
    std::uint64_t trap_id = 0;    ///< in the trap log: `standinctl trap explain <id>`
    base::WallTime arrived_at{};  ///< when the datagram reached this host
    base::SteadyTime arrived_steady{};
    std::vector<std::string> messages{};   ///< v3: the stamps of its messages, to be committed with what they start
    std::function<void()> when_durable{};  ///< to be called, from any thread, once the result is durable; may be empty
};

}  // namespace standin::traps
