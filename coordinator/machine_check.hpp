#pragma once

#include <string>
#include <vector>

#include "coordinator/config/configuration.hpp"
#include "coordinator/drivers/power_driver.hpp"

namespace standin {

/// What the power devices of a configuration's machines say of them now.
struct MachineCheck {
    std::vector<std::string> lines;  ///< one for each machine
    bool good = true;                ///< false: a device is another machine's, or a required answer is missing
};

/// For `--check-machines`: asks the power devices of all servers and spares that declare a UUID, one after the other;
/// switches nothing.
MachineCheck checkMachines(const config::Configuration& configuration, drivers::PowerDriver& power);

}  // namespace standin
