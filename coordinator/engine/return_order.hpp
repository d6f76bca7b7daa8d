#pragma once

#include "agent/base/result.hpp"
#include "coordinator/engine/drivers.hpp"
#include "coordinator/engine/status_snapshot.hpp"

namespace standin::engine {

/// An attempt to give a job's segment back to its server.
struct ReturnAttempt {
    ServerSnapshot now;
    protocol::CommandStamp stamp;
    /// An earlier coordinator may have ordered it: the switch's agent is first claimed, so that it refuses late
    /// commands.
    bool claims_first = false;
    std::chrono::milliseconds patience{};  ///< for each agent that is asked
};

struct ReturnOutcome {
    base::Result<void> done;  ///< otherwise the reason, and what has to be stopped first
    bool claimed = false;     ///< late commands of earlier coordinators can no longer take effect
    bool in_doubt = false;    ///< the order was given without an answer: it may still take effect
};

/// Gives the segment back to its server, which an operator has repaired, after confirming that its stand-in does not
/// run and its spare is off. Does nothing if the server already owns the segment. Held requests are released to the
/// server. May be repeated. WrongState: says what has to be stopped first.
ReturnOutcome giveSegmentBack(const Drivers& drivers, const Inventory& inventory, const ReturnAttempt& attempt);

}  // namespace standin::engine
