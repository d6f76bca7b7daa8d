#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "coordinator/drivers/power_driver.hpp"

namespace standin::drivers {

/// An event of IPMI that a BMC is asked to report as if a sensor of it had noticed it.
struct TestAlert {
    std::uint8_t sensor_type = 0, event_type = 0, sensor_number = 0;
    std::array<std::uint8_t, 3> data{};
};

/// Has the machine's BMC, the first of its power devices that is one, report `alert` to those whom it alerts: by
/// ipmitool (a platform event, and an immediate alert, which not every BMC has), or by Redfish, where it sends a test
/// event of its own. Nothing is switched. Success: the BMC was told, and how, for people. Unsupported: no device of the
/// ladder can.
base::Result<std::string> sendTestAlert(const PowerLadder& ladder, const TestAlert& alert, Deadline deadline);

}  // namespace standin::drivers
