#include "coordinator/traps/pet.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace standin::traps {

namespace {

// IPMI 2.0, table 42-3, sensor type codes.
constexpr std::array<std::pair<std::string_view, std::uint8_t>, 37> sensor_types{{
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
    {"cable", 0x1b},
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
}};

}  // namespace

std::optional<PlatformEvent> platformEventOf(const Oid& trap_oid) {
    static const Oid prefix({1, 3, 6, 1, 4, 1, 3183, 1, 1, 0});
    const auto& numbers = trap_oid.numbers();
    if (numbers.size() != prefix.numbers().size() + 1 || !trap_oid.startsWith(prefix)) return std::nullopt;
    const std::uint32_t specific = numbers.back();
    if (specific > 0xffffff) return std::nullopt;  // bits 31..24 are reserved as zero
    return PlatformEvent{static_cast<std::uint8_t>(specific >> 16), static_cast<std::uint8_t>(specific >> 8),
                         static_cast<std::uint8_t>(specific & 0x0f), (specific & 0x80) != 0};
}

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
