#include <algorithm>
#include <array>
#include <utility>

#include "coordinator/traps/pet.hpp"

namespace standin::traps {

namespace {

// IPMI 2.0, table 42-3, sensor type codes.
constexpr std::array<std::pair<std::string_view, std::uint8_t>, 42> sensor_types{{
    {"temperature", 0x01},
    {"voltage", 0x02},
    {"current", 0x03},
    {"fan", 0x04},
    {"physical_security", 0x05},
    {"platform_security", 0x06},
    {"processor", 0x07},
    {"power_supply", 0x08},
    {"power_unit", 0x09},
    {"cooling_device", 0x0a},
    {"other_units", 0x0b},
    {"memory", 0x0c},
    {"drive_slot", 0x0d},
    {"memory_resize", 0x0e},
    {"firmware_progress", 0x0f},
    {"event_logging", 0x10},
    {"watchdog1", 0x11},
    {"system_event", 0x12},
    {"critical_interrupt", 0x13},
    {"button", 0x14},
    {"board", 0x15},
    {"microcontroller", 0x16},
    {"add_in_card", 0x17},
    {"chassis", 0x18},
    {"chip_set", 0x19},
    {"other_fru", 0x1a},
    {"cable", 0x1b},
    {"terminator", 0x1c},
    {"system_boot", 0x1d},
    {"boot_error", 0x1e},
    {"os_boot", 0x1f},
    {"os_stop", 0x20},
    {"slot", 0x21},
    {"acpi_power", 0x22},
    {"watchdog2", 0x23},
    {"platform_alert", 0x24},
    {"entity_presence", 0x25},
    {"management_health", 0x28},
    {"battery", 0x29},
    {"session", 0x2a},
    {"version_change", 0x2b},
    {"fru_state", 0x2c},
}};

}  // namespace

std::optional<std::uint8_t> sensorTypeNamed(std::string_view name) {
    const auto* found =
        std::find_if(sensor_types.begin(), sensor_types.end(), [&](const auto& t) { return t.first == name; });
    return found == sensor_types.end() ? std::nullopt : std::optional(found->second);
}

std::string_view nameOfSensorType(std::uint8_t type) {
    const auto* found =
        std::find_if(sensor_types.begin(), sensor_types.end(), [&](const auto& t) { return t.second == type; });
    return found == sensor_types.end() ? std::string_view("unnamed") : found->first;
}

std::string sensorTypeNames() {
    std::string all;
    for (const auto& [name, type] : sensor_types) all += (all.empty() ? "" : ", ") + std::string(name);
    return all;
}

}  // namespace standin::traps
