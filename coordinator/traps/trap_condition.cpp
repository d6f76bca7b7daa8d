#include "coordinator/traps/trap_condition.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/text.hpp"
#include "coordinator/traps/event_grade.hpp"

namespace standin::traps {

namespace {

constexpr std::size_t longest_part = 80;  // names of parts are short; more comes from a sender that means no good

/// A sensor's events are told apart by offset and go away one by one, unless the sensor says that all is well.
void nameByEvent(const PlatformEvent& event, ConditionKey& key) {
    key.name =
        fmt::format("{} {:#04x}/{:#04x}", nameOfSensorType(event.sensor_type), event.sensor_type, event.event_type);
    const bool all_well = !event.deasserted && gradeOf(event) == Grade::Cleared;
    key.parts[0] = all_well ? std::string() : fmt::format("offset {}", event.offset);
    if (event.sensor_number) key.parts[1] = fmt::format("sensor {}", *event.sensor_number);
}

void nameByOid(const Oid& oid, const ConditionNaming& naming, ConditionKey& key) {
    auto numbers = oid.numbers();
    if (numbers.empty()) return;
    const auto number = numbers.back();
    numbers.pop_back();
    if (!numbers.empty() && numbers.back() == 0) numbers.pop_back();
    const auto group = std::max(naming.group, 1U);
    key.name = fmt::format("{} {}", Oid(std::move(numbers)).text(), (number - std::min(number, naming.first)) / group);
}

}  // namespace

bool ConditionKey::covers(const ConditionKey& open) const {
    if (name != open.name) return false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!parts.at(i).empty() && !open.parts.at(i).empty() && parts.at(i) != open.parts.at(i)) return false;
    }
    return true;
}

ConditionKey conditionOf(const Trap& trap, const TrapRule& rule) {
    const auto& naming = rule.condition;
    ConditionKey key;
    // Lenovo's 'well again' has the number of the alert, and not always its event.
    const bool by_event = rule.platform_event && rule.platform_event->coding != EventCoding::Lenovo;
    const auto event = by_event ? platformEventOf(trap, rule.platform_event->coding) : std::nullopt;
    if (!naming.name.empty()) {
        key.name = naming.name;
    } else if (event && naming.group == 0) {
        nameByEvent(*event, key);
    } else {
        nameByOid(trap.oid, naming, key);
    }
    std::size_t at = event ? 2 : 0;
    for (const auto& part : naming.parts) {
        if (at == key.parts.size()) break;
        if (const auto* varbind = trap.find(part)) key.parts.at(at) = base::oneLine(varbind->text(), longest_part);
        ++at;
    }
    return key;
}

}  // namespace standin::traps
