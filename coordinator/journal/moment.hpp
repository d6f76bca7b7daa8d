#pragma once

#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"

namespace standin::journal {

/// The inverse of base::rfc3339(): `2026-11-23T05:06:07.123456Z`. Corrupt otherwise.
base::Result<base::WallTime> momentFrom(const std::string& text);

}  // namespace standin::journal
