#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/traps/trap.hpp"

namespace standin::traps {

/// An event in IPMI's numbers (IPMI 2.0, tables 42-2 and 42-3), from wherever a vendor puts them.
struct PlatformEvent {
    std::uint8_t sensor_type = 0;  ///< IPMI 2.0, table 42-3
    std::uint8_t event_type = 0;   ///< 0x01 threshold, 0x02..0x0c generic, 0x6f specific to the sensor type
    std::uint8_t offset = 0;       ///< 0..15, which of the event type's events
    bool deasserted = false;       ///< the event went away
    bool decodable = true;         ///< false: bits are set that no event has, so offset and direction mean nothing

    /// What the sender says besides, as far as it says it.
    enum class Severity : std::uint8_t {
        Unspecified = 0x00,
        Monitor = 0x01,
        Information = 0x02,
        Ok = 0x04,
        NonCritical = 0x08,
        Critical = 0x10,
        NonRecoverable = 0x20
    };
    Severity severity = Severity::Unspecified;
    std::optional<std::uint8_t> sensor_number;
    std::array<std::uint8_t, 2> data{};         ///< event data 1 and 2
    std::optional<std::uint32_t> manufacturer;  ///< IANA enterprise number of the system's maker
};

/// Where the numbers of an event are.
enum class EventCoding {
    /// Platform Event Trap (IPMI Platform Event Trap Format Specification 1.0): the last number of the trap's OID
    /// below 3183.1.1.0, the rest in the octets of varbind 3183.1.1.1.
    Pet,
    /// Lenovo XCC and IBM IMM: hexadecimal in altEventID, 80 or 81 (direction), event type, offset, sensor type.
    Lenovo,
    /// Huawei iBMC: ….500.10.T.s with T = (event type, sensor type), s = (event data 2, offset, direction).
    Huawei
};

/// The trap's event; nullopt if it has none in this coding.
std::optional<PlatformEvent> platformEventOf(const Trap& trap, EventCoding coding);

/// A sensor type by its name here (`processor`, `memory`…) or nullopt; sensorTypeNames() lists them.
std::optional<std::uint8_t> sensorTypeNamed(std::string_view name);
std::string_view nameOfSensorType(std::uint8_t type);
std::string sensorTypeNames();

}  // namespace standin::traps
