#pragma once

#include "agent/base/result.hpp"

namespace standin::base {

/// What this process has once touched stays in memory from now on: a daemon that slept for weeks must not wait for its
/// pages when a server fails. Nothing is touched for it, so it costs no memory. Refused: where the limit on locked
/// memory (RLIMIT_MEMLOCK) is in the way; nothing is changed then, as a later allocation could fail.
Result<void> lockMemory();

/// This process gets the processor before guests and whatever else keeps the host busy: niceness -10, as Open vSwitch's
/// daemons have, also for its session where the kernel shares processors among sessions. The programs that it starts
/// are ordinary again (runProcess()). For the calling thread and those that it starts later. Refused: without the right
/// to (CAP_SYS_NICE, or `Nice=-10` in the service's unit).
Result<void> raisePriority();

/// This thread moves much and is in no hurry: it has no part in that. Does nothing where the process does not come
/// first.
void resetThreadPriority();

}  // namespace standin::base
