#pragma once

#include "agent/base/result.hpp"
#include "coordinator/engine/drivers.hpp"
#include "coordinator/engine/status_snapshot.hpp"

namespace standin::engine {

/// An attempt to give a job's segment back to its server.
struct ReturnAttempt {
    ServerSnapshot now;
    protocol::CommandStamp stamp;
    /// A coordinator before this one may have ordered it: first the switch's agent is made to refuse what is late.
    bool claims_first = false;
    std::chrono::milliseconds patience{};  ///< with each agent that is asked
};

struct ReturnOutcome {
    base::Result<void> done;  ///< otherwise why not, and what has to be stopped first
    bool claimed = false;     ///< nothing that an earlier coordinator has ordered can come true any more
    bool in_doubt = false;    ///< the order was given, and nobody has confirmed or denied it: it may still come true
};

/// Gives the segment back to the server, which an operator has repaired, after it was confirmed that its stand-in does
/// not run and its spare is off; nothing is done where the server owns it already. Requests that are held go to the
/// server with it. May be repeated. WrongState with what has to be stopped first.
ReturnOutcome giveSegmentBack(const Drivers& drivers, const Inventory& inventory, const ReturnAttempt& attempt);

}  // namespace standin::engine
