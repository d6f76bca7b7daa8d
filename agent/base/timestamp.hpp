#pragma once

#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"

namespace standin::base {

/// The inverse of rfc3339(): `2026-11-23T05:06:07.123456Z`. Corrupt otherwise.
Result<WallTime> parseTimestamp(const std::string& text);

}  // namespace standin::base
