#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/drivers/deadline.hpp"

namespace standin::drivers {

/// Unknown is a value of its own and never taken for Off (rule 6).
enum class PowerState { Off, On, Unknown };

/// One device of a ladder, spoken to by a fence agent.
struct PowerDevice {
    std::string agent;                           ///< program name, e.g. `fence_ipmilan`
    std::map<std::string, std::string> options;  ///< e.g. `ip`, `username`; never a secret
    std::string password_file;                   ///< empty = none
};

/// Tried in order until one confirms. The devices of one rung act together (two power supplies): all must confirm.
struct PowerLadder {
    std::vector<std::vector<PowerDevice>> rungs;
};

/// Power of bare-metal machines. Safe to call from several threads.
class PowerDriver {
  public:
    virtual ~PowerDriver() = default;

    virtual base::Result<PowerState> state(const PowerLadder& ladder, Deadline deadline) = 0;
    /// Success: read back as off (already off is off) (S182, S230). Anything else is an error, and the machine may be on.
    virtual base::Result<void> off(const PowerLadder& ladder, Deadline deadline) = 0;
    /// Success: read back as on.
    virtual base::Result<void> on(const PowerLadder& ladder, Deadline deadline) = 0;
};

}  // namespace standin::drivers
