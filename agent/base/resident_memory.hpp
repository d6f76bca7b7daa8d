#pragma once

#include "agent/base/result.hpp"

namespace standin::base {

/// What this process has once touched stays in memory from now on: a daemon that slept for weeks must not wait for its pages when a
/// server fails. Nothing is touched for it, so it costs no memory. Refused: where the limit on locked memory (RLIMIT_MEMLOCK) is in
/// the way; nothing is changed then, as a later allocation could fail.
Result<void> stayInMemory();

}  // namespace standin::base
