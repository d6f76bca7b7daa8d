#pragma once

#include "agent/base/result.hpp"

namespace standin::base {

/// Locks the memory that this process has touched: a daemon that was idle for weeks must not wait for its pages when a
/// server fails. Nothing is touched for it, so it costs no memory. Refused: the limit on locked memory (RLIMIT_MEMLOCK)
/// does not allow it; nothing is changed, because a later allocation could fail.
Result<void> lockMemory();

/// Gives this process priority over guests and other load on the host: niceness -10, as Open vSwitch's daemons have,
/// also for its session where the kernel shares processors among sessions. It applies to the calling thread and the
/// threads it starts later; child programs have normal priority again (runProcess()). Refused: the right is missing
/// (CAP_SYS_NICE, or `Nice=-10` in the service's unit).
Result<void> raisePriority();

/// Gives this thread normal priority, because it moves much data and is not urgent. No effect if the priority was not
/// raised.
void resetThreadPriority();

}  // namespace standin::base
