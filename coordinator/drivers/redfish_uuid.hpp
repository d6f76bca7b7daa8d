#pragma once

#include "coordinator/drivers/power_driver.hpp"

namespace standin::drivers {

/// The property `UUID` (DSP0268, ComputerSystem) of the system that fence_redfish switches with the device's options:
/// its address, account, `systems_uri`, and `ssl_insecure`. Without that option the BMC's certificate has to name its
/// address and to be of a CA that this host trusts. A redirection is followed on the same BMC only.
///
/// Errors: InvalidInput (options), Unreachable, TimedOut, Refused (the account), Unsupported (the system has no UUID).
base::Result<std::string> redfishUuid(const PowerDevice& device, Deadline deadline);

/// Has the BMC send a test alert: the SNMP test of iLO or Huawei's iBMC where it has one, else `SubmitTestEvent` of its
/// event service (DSP0266). Answers with what was asked of it.
///
/// Errors: as redfishUuid(); Unsupported: it has none of these.
base::Result<std::string> redfishTestEvent(const PowerDevice& device, Deadline deadline);

}  // namespace standin::drivers
