#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "coordinator/traps/oid.hpp"

namespace standin::traps {

/// What a Platform Event Trap's OID says (IPMI Platform Event Trap Format Specification 1.0, 'Specific Trap'): below
/// 1.3.6.1.4.1.3183.1.1.0 stands one number made of sensor type, event type, and offset with the direction in bit 7.
struct PlatformEvent {
    std::uint8_t sensor_type = 0;  ///< IPMI 2.0, table 42-3
    std::uint8_t event_type = 0;   ///< 0x01 threshold, 0x02..0x0c generic, 0x6f specific to the sensor type
    std::uint8_t offset = 0;       ///< 0..15, which of the event type's events
    bool deasserted = false;       ///< the event went away
};

/// Absent if the trap is not a Platform Event Trap.
std::optional<PlatformEvent> platformEventOf(const Oid& trap_oid);

/// A sensor type by its name here (`processor`, `memory`…) or nullopt; sensorTypeNames() lists them.
std::optional<std::uint8_t> sensorTypeNamed(std::string_view name);
std::string_view nameOfSensorType(std::uint8_t type);
std::string sensorTypeNames();

}  // namespace standin::traps
