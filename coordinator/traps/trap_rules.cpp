#include "coordinator/traps/trap_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/traps/event_grade.hpp"

namespace standin::traps {

Mismatch PlatformEventCondition::violation(const Trap& trap, Words words) const {
    const auto no = [&](auto format, const auto&... values) -> Mismatch {
        return words == Words::Wanted ? fmt::format(fmt::runtime(format), values...) : std::string();
    };
    const auto event = platformEventOf(trap, coding);
    if (!event) return no(coding == EventCoding::Pet ? "it is no platform event trap" : "it bears no event's number");
    if (sensor_type && event->sensor_type != *sensor_type) {
        return no("the sensor is of type {:#04x} ({}), not {:#04x} ({})", event->sensor_type,
                  nameOfSensorType(event->sensor_type), *sensor_type, nameOfSensorType(*sensor_type));
    }
    if (event_type && event->event_type != *event_type) {
        return no("the event type is {:#04x}, not {:#04x}", event->event_type, *event_type);
    }
    if (deasserted && event->deasserted != *deasserted) {
        return no(event->deasserted ? "the event is deasserted (it went away)" : "the event is asserted");
    }
    if (!offsets.empty() && !offsets.contains(event->offset)) {
        return no("the event's offset is {}, which is not among those of the rule", event->offset);
    }
    if (const auto grade = gradeOf(*event); graded && grade != *graded) {
        return no("the event's grade is '{}', not '{}'", nameOf(grade), nameOf(*graded));
    }
    return std::nullopt;
}

bool NumberCondition::holdsFor(std::uint32_t number) const {
    if (number % divisor != remainder) return false;
    return ranges.empty() || std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
               return range.first <= number && number <= range.last;
           });
}

Mismatch TrapRule::mismatch(const Trap& trap, Words words) const {
    const auto no = [&](auto format, const auto&... values) -> Mismatch {
        return words == Words::Wanted ? fmt::format(fmt::runtime(format), values...) : std::string();
    };
    if (!oids.empty() &&
        std::none_of(oids.begin(), oids.end(), [&](const OidPattern& p) { return p.matches(trap.oid); })) {
        return oids.size() == 1 ? no("the trap's OID is not {}", oids.front().text())
                                : no("the trap's OID is none of the rule's");
    }
    if (!numbers.asksNothing() && !numbers.holdsFor(trap.oid.empty() ? 0 : trap.oid.numbers().back()))
        return no("the trap's OID is none of the rule's");
    if (!sources.empty() &&
        std::none_of(sources.begin(), sources.end(), [&](const NetworkPrefix& p) { return p.contains(trap.source); })) {
        return no("source {} is none of the rule's", trap.source);
    }
    if (platform_event) {
        if (auto why = platform_event->violation(trap, words)) return why;
    }
    for (const auto& asked : varbinds) {
        if (auto why = asked.violation(trap, words)) return why;
    }
    return std::nullopt;
}

std::string_view nameOf(RuleVerdict verdict) {
    return verdict == RuleVerdict::Failure       ? "failure"
           : verdict == RuleVerdict::NotAFailure ? "not_a_failure"
                                                 : "ignored";
}

}  // namespace standin::traps
