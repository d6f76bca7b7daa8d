#include "coordinator/traps/specific_events.hpp"

#include <algorithm>
#include <array>

namespace standin::traps {

namespace {

using Severity = PlatformEvent::Severity;

constexpr std::uint32_t dell = 674;

struct SensorEvents {
    std::uint8_t sensor;
    /// By offset: F failure, D degraded, C cleared, - none, blank not known.
    std::string_view grades;
};

constexpr std::array<SensorEvents, 31> tables{{
    {0x04, "DDDDDDDDDDDDDDDD"},  // fan
    {0x05, "----------------"},  // physical security
    {0x06, "----------------"},  // platform security
    // Processor: IERR, thermal trip, BIST, hang in POST, initialization, configuration, uncorrectable CPU complex;
    // 7 present; disabled; 9 terminator present; throttled; uncorrectable, then correctable machine check
    {0x07, "FFFFFFF-D-DFD"},
    // Power supply: present; failed, predictive, input lost, two out of range, mismatch; standby
    {0x08, "CDDDDDD-"},
    // Power unit: off, cycle (an orderly shutdown says so, too); 240 VA, interlock, AC lost, soft control, failed;
    // predictive
    {0x09, "--FFFFFD"},
    {0x0a, "DDDDDDDDDDDDDDDD"},  // cooling device
    // Memory: correctable; uncorrectable, parity; scrub failed, disabled, limit of correctable; present;
    // configuration; spare; throttled; critical overtemperature
    {0x0c, "-FFDDD-D-DF"},
    // Drive: present; fault, predictive; spare, check; critical array, failed array; rebuild, aborted
    {0x0d, "-DD--DF--"},
    {0x0f, " F-"},      // firmware: 0 error in POST, see postErrorGrade(); hang; progress
    {0x10, "-------"},  // event log: full or cleared, the server goes on
    // First watchdog: BIOS reset, OS reset, shut down, power down, power cycle; NMI; expired, pre-timeout
    {0x11, "FFFFFD--"},
    {0x12, "--F---"},  // system event: 2 undetermined hardware failure
    // Critical interrupt: front panel NMI, bus time-out, I/O check, software NMI; PERR, SERR; EISA;
    // bus correctable, uncorrectable, fatal NMI, bus fatal, bus degraded
    {0x13, "DDDDFFDDFFFD"},
    {0x14, "----------------"},  // button
    {0x19, "FF"},                // chip set: soft power control, thermal trip
    {0x1b, "-D"},                // cable: connected, wrongly
    {0x1d, "----------------"},  // start
    // Boot error: no medium, no diskette, no PXE server, invalid boot sector, selection timed out
    {0x1e, "FDDFD"},
    {0x1f, "----------------"},  // start of the operating system
    // Operating system: stop while it starts, at run time; graceful stop, shutdown, soft shutdown, agent
    {0x20, "FF----"},
    {0x21, "D---------"},        // slot: fault
    {0x22, "----------------"},  // ACPI power state
    // Second watchdog: expired; reset, power down, power cycle; 4 to 7 Dell: too much power, and that it went away;
    // interrupt
    {0x23, "-FFFDCDC-"},
    {0x24, "----------------"},  // platform alert
    {0x25, "---"},               // entity presence
    {0x28, "----------------"},  // the management controller's own health: the host goes on
    {0x29, "DD-"},               // battery: low, failed, present
    {0x2a, "----------------"},  // session
    {0x2b, "--DDDD--"},          // version: 2 to 5 something is incompatible
    {0x2c, "----------------"},  // state of a part
}};

std::optional<Grade> gradeIn(std::string_view grades, std::uint8_t offset) {
    switch (offset < grades.size() ? grades[offset] : ' ') {
        case 'F':
            return Grade::Failure;
        case 'D':
            return Grade::Degraded;
        case 'C':
            return Grade::Cleared;
        case '-':
            return Grade::None;
        default:
            return std::nullopt;
    }
}

/// What stops a system in POST for good: no memory, no usable memory, board, ROM corrupt, CPU voltage, CPU speed.
bool stopsPost(const PlatformEvent& event) {
    constexpr std::array<std::uint8_t, 6> stops{0x01, 0x02, 0x04, 0x0b, 0x0c, 0x0d};
    const bool extension = (event.data[0] & 0xc0) == 0xc0;  // else data 2 is the maker's, or nothing
    return extension && std::find(stops.begin(), stops.end(), event.data[1]) != stops.end();
}

/// POST sends this for a clock that is not set as well as for a server without memory.
Grade postErrorGrade(const PlatformEvent& event) {
    const bool said = event.severity != Severity::Unspecified;
    if (said && event.severity < Severity::NonCritical) return Grade::None;
    return stopsPost(event) ? Grade::Failure : Grade::Degraded;
}

/// Dell's performance sensor: 6 more power is wanted than the supplies have, and the system was halted.
std::optional<Grade> dellPowerGrade(const PlatformEvent& event) {
    if (event.manufacturer.value_or(dell) != dell) return std::nullopt;
    return event.offset == 6 ? Grade::Failure : Grade::Degraded;
}

/// Supermicro: an NVMe drive ejected, inserted, broken.
std::optional<Grade> supermicroDriveGrade(const PlatformEvent& event) {
    return gradeIn("--D", event.offset);
}

}  // namespace

std::optional<Grade> specificGrade(const PlatformEvent& event) {
    constexpr std::uint8_t firmware = 0x0f, dell_performance = 0xc0, supermicro_drive = 0xd1;
    if (event.sensor_type == firmware && event.offset == 0) return postErrorGrade(event);
    if (event.sensor_type == dell_performance) return dellPowerGrade(event);
    if (event.sensor_type == supermicro_drive) return supermicroDriveGrade(event);
    const auto* found = std::find_if(tables.begin(), tables.end(),
                                     [&](const SensorEvents& one) { return one.sensor == event.sensor_type; });
    return found == tables.end() ? std::nullopt : gradeIn(found->grades, event.offset);
}

}  // namespace standin::traps
