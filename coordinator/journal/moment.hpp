#pragma once

#include "agent/base/moment.hpp"

namespace standin::journal {

using base::momentFrom;

}  // namespace standin::journal
