#pragma once

#include "coordinator/engine/drivers.hpp"
#include "coordinator/engine/snapshot.hpp"

namespace standin::engine {

/// Gives the segment back to the server, which an operator has repaired, after it was confirmed that its stand-in does
/// not run and its spare is off; nothing is done where the server owns it already. WrongState with what has to be
/// stopped first.
base::Result<void> bringBack(const Drivers& drivers, const Inventory& inventory, const ServerSnapshot& now,
                             const protocol::CommandStamp& stamp, std::chrono::milliseconds patience);

}  // namespace standin::engine
