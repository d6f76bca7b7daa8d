#include "coordinator/traps/event_grade.hpp"

#include <algorithm>

#include "coordinator/traps/specific_events.hpp"

namespace standin::traps {

namespace {

using Severity = PlatformEvent::Severity;

namespace sensors {
constexpr std::uint8_t temperature = 0x01, voltage = 0x02, fan = 0x04, physical_security = 0x05,
                       platform_security = 0x06, processor = 0x07, power_supply = 0x08, power_unit = 0x09,
                       cooling = 0x0a, memory = 0x0c, button = 0x14, board = 0x15, system_boot = 0x1d, os_boot = 0x1f,
                       acpi_power = 0x22, platform_alert = 0x24, session = 0x2a;
}

namespace kinds {
constexpr std::uint8_t threshold = 0x01, state = 0x03, performance = 0x06, transition = 0x07, presence = 0x08,
                       enabled = 0x09, availability = 0x0a, redundancy = 0x0b, power_state = 0x0c, specific = 0x6f;
}

template <typename... Types>
bool isOneOf(std::uint8_t type, Types... types) {
    return ((type == types) || ...);
}

/// Without these no server executes anything.
bool isCore(std::uint8_t sensor) {
    return isOneOf(sensor, sensors::temperature, sensors::voltage, sensors::processor, sensors::memory, sensors::board,
                   sensors::power_unit);
}

/// Sensors that speak of people, of starting and of stopping, never of broken hardware.
bool isInformation(std::uint8_t sensor) {
    return isOneOf(sensor, sensors::physical_security, sensors::platform_security, sensors::button,
                   sensors::system_boot, sensors::os_boot, sensors::acpi_power, sensors::platform_alert,
                   sensors::session);
}

bool mayBeAbsent(std::uint8_t sensor) {
    return !isOneOf(sensor, sensors::power_supply, sensors::fan, sensors::cooling);
}

Grade thresholdGrade(const PlatformEvent& event) {
    switch (event.offset) {
        case 1:
        case 6:
            return Grade::Cleared;  // back inside the limits
        case 4:
        case 11:  // non-recoverable
            return isOneOf(event.sensor_type, sensors::temperature, sensors::voltage) ? Grade::Failure
                                                                                      : Grade::Degraded;
        default:
            return event.offset > 11 ? Grade::None : Grade::Degraded;
    }
}

Grade transitionGrade(const PlatformEvent& event) {
    switch (event.offset) {
        case 0:
            return Grade::Cleared;
        case 3:
        case 6:  // to non-recoverable
            return isCore(event.sensor_type) ? Grade::Failure : Grade::Degraded;
        case 1:
        case 2:
        case 4:
        case 5:
            return Grade::Degraded;
        default:
            return Grade::None;
    }
}

Grade redundancyGrade(const PlatformEvent& event) {
    if (event.offset == 0) return Grade::Cleared;
    const bool insufficient = event.offset == 5;
    return insufficient && isOneOf(event.sensor_type, sensors::power_supply, sensors::power_unit) ? Grade::Failure
                                                                                                  : Grade::Degraded;
}

/// Of event types that IPMI defines for any sensor (table 42-2), asserted. Absent: reserved, or the maker's own.
std::optional<Grade> genericGrade(const PlatformEvent& event) {
    switch (event.event_type) {
        case kinds::threshold:
            return thresholdGrade(event);
        case kinds::transition:
            return transitionGrade(event);
        case kinds::presence:
            return event.offset == 1 ? Grade::Cleared : mayBeAbsent(event.sensor_type) ? Grade::None : Grade::Degraded;
        case kinds::enabled:
            return event.offset == 1 ? Grade::Cleared : Grade::Degraded;
        case kinds::availability:  // 6 degraded, 8 install error; the others are ordinary states
            return isOneOf(event.offset, 6, 8) ? Grade::Degraded : Grade::None;
        case kinds::redundancy:
            return redundancyGrade(event);
        case 0x02:  // idle, active, busy
        case kinds::power_state:
            return Grade::None;
        default:
            break;
    }
    if (event.event_type >= kinds::state && event.event_type <= kinds::performance)
        return event.offset == 0 ? Grade::Cleared : Grade::Degraded;
    return std::nullopt;
}

/// A part that is gone although the event 'went away'. Absent: the event is none of that kind.
std::optional<Grade> goneGrade(const PlatformEvent& event) {
    if (event.event_type == kinds::specific && event.offset == 7 && event.sensor_type == sensors::processor)
        return Grade::Failure;
    if (event.event_type == kinds::specific && event.offset == 0 && event.sensor_type == sensors::power_supply)
        return Grade::Degraded;
    if (event.event_type == kinds::specific && event.offset == 6 && event.sensor_type == sensors::memory)
        return Grade::Degraded;
    if (event.event_type == kinds::presence && event.offset == 1)
        return mayBeAbsent(event.sensor_type) ? Grade::None : Grade::Degraded;
    return std::nullopt;
}

/// Of what cannot be understood only the severity says something, and never more than this.
Grade bySeverityAlone(Severity severity) {
    return severity >= Severity::NonCritical ? Grade::Degraded : Grade::None;
}

/// Lowers; see the header for the one exception.
Grade withSeverity(Grade grade, const PlatformEvent& event) {
    if (grade != Grade::Failure && grade != Grade::Degraded) return grade;
    switch (event.severity) {
        case Severity::Monitor:
        case Severity::Information:
            return Grade::None;
        case Severity::Ok:  // a failure that is 'OK' contradicts itself
            return grade == Grade::Failure ? Grade::Degraded : Grade::Cleared;
        case Severity::NonCritical:
            return Grade::Degraded;
        case Severity::NonRecoverable: {
            const bool critical = event.event_type == kinds::threshold && isOneOf(event.offset, 2, 4, 9, 11);
            return critical && isCore(event.sensor_type) && !event.deasserted ? Grade::Failure : grade;
        }
        default:
            return grade;
    }
}

Grade assertedGrade(const PlatformEvent& event) {
    if (isInformation(event.sensor_type)) return Grade::None;
    const auto grade = event.event_type == kinds::specific ? specificGrade(event) : genericGrade(event);
    return grade ? withSeverity(*grade, event) : bySeverityAlone(event.severity);
}

}  // namespace

Grade gradeOf(const PlatformEvent& event) {
    if (!event.decodable) return bySeverityAlone(event.severity);
    if (!event.deasserted) return assertedGrade(event);
    if (const auto gone = goneGrade(event)) return withSeverity(*gone, event);
    return Grade::Cleared;
}

}  // namespace standin::traps
