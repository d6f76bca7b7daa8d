#pragma once

#include "agent/base/timestamp.hpp"

namespace standin::journal {

using base::parseTimestamp;

}  // namespace standin::journal
