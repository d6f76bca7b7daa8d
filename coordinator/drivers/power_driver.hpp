#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/drivers/deadline.hpp"

namespace standin::drivers {

/// The power of a machine. Unknown is a separate value and never treated as Off (rule 6).
enum class PowerState { Off, On, Unknown };

/// One power device, controlled through a fence agent.
struct PowerDevice {
    std::string agent;                                  ///< program name, e.g. `fence_ipmilan`
    std::map<std::string, std::string> options;         ///< e.g. `ip`, `username`; never a secret
    std::string password_file;                          ///< empty = none
    std::map<std::string, std::string> secret_files{};  ///< files of other secrets by their options, e.g. `community`
};

/// The power devices of a machine, in rungs that are tried in order until one confirms. The devices of one rung act
/// together (two power supplies): all must confirm.
struct PowerLadder {
    std::vector<std::vector<PowerDevice>> rungs;
    /// A program, with its arguments, that shuts the machine's own system down; empty: its devices are asked.
    std::vector<std::string> shutdown_command{};
};

/// The UUID that a device reports for the machine whose power it switches.
struct UuidReading {
    std::string device;   ///< for people
    std::string uuid;     ///< as the device writes it; empty: none was reported
    std::string problem;  ///< why not
};

/// Switches and reads the power of bare-metal machines. Thread-safe.
class PowerDriver {
  public:
    virtual ~PowerDriver() = default;

    virtual base::Result<PowerState> state(const PowerLadder& ladder, Deadline deadline) = 0;
    /// Success: read back as off (already off is off) (S182, S230). Anything else is an error, and the machine may be
    /// on.
    virtual base::Result<void> off(const PowerLadder& ladder, Deadline deadline) = 0;
    /// Success: read back as on.
    virtual base::Result<void> on(const PowerLadder& ladder, Deadline deadline) = 0;
    /// Requests an orderly shutdown from the machine's own system, as its power button does. Success: the request was
    /// sent; state() shows whether and when it takes effect. Unsupported: there is no way to request it.
    virtual base::Result<void> shutDown(const PowerLadder&, Deadline) {
        return base::failure(base::ErrorCode::Unsupported, "nothing can ask it to");
    }
    /// Asks every device of the ladder for its machine's UUID; changes nothing.
    virtual std::vector<UuidReading> uuids(const PowerLadder&, Deadline) { return {}; }
};

}  // namespace standin::drivers
