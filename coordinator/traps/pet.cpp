#include "coordinator/traps/pet.hpp"

#include <algorithm>

#include "agent/base/number.hpp"

namespace standin::traps {

namespace {

using Severity = PlatformEvent::Severity;

const Oid pet_enterprise({1, 3, 6, 1, 4, 1, 3183, 1, 1});
const Oid huawei_events({1, 3, 6, 1, 4, 1, 2011, 2, 235, 1, 1, 500, 10});
const Oid huawei_severity({1, 3, 6, 1, 4, 1, 2011, 2, 235, 1, 1, 500, 1, 4});
constexpr std::uint32_t alt_priority = 8, alt_event_id = 18, alt_common_event_id = 24;

/// What stands below `prefix`, without the 0 that SNMP v1 and RFC 3584 put before the last number.
std::vector<std::uint32_t> below(const Oid& oid, const Oid& prefix) {
    if (!oid.startsWith(prefix)) return {};
    const auto& all = oid.numbers();
    std::vector<std::uint32_t> rest(all.begin() + static_cast<std::ptrdiff_t>(prefix.numbers().size()), all.end());
    if (rest.size() >= 2 && rest[rest.size() - 2] == 0) rest.erase(rest.end() - 2);
    return rest;
}

Severity severityFrom(std::uint8_t byte) {
    switch (byte) {
        case 0x01:
        case 0x02:
        case 0x04:
        case 0x08:
        case 0x10:
        case 0x20:
            return static_cast<Severity>(byte);
        default:
            return Severity::Unspecified;  // not defined: as if it were not there
    }
}

/// The octets of a Platform Event Trap; some senders name them otherwise than the specification.
const VarBind* petOctets(const Trap& trap) {
    const auto found = std::find_if(trap.varbinds.begin(), trap.varbinds.end(), [](const VarBind& one) {
        return one.kind == ValueKind::Octets && one.oid.startsWith(pet_enterprise);
    });
    return found == trap.varbinds.end() ? nullptr : &*found;
}

void readPetOctets(const std::string& octets, PlatformEvent& event) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(octets[at]); };
    constexpr std::size_t severity = 26, sensor = 28, data = 31, maker = 40;
    if (octets.size() > severity) event.severity = severityFrom(byte(severity));
    if (octets.size() > sensor) event.sensor_number = byte(sensor);
    if (octets.size() > data + 1) event.data = {byte(data), byte(data + 1)};
    if (octets.size() > maker + 3)
        event.manufacturer = static_cast<std::uint32_t>(byte(maker)) << 24 |
                             static_cast<std::uint32_t>(byte(maker + 1)) << 16 |
                             static_cast<std::uint32_t>(byte(maker + 2)) << 8 | byte(maker + 3);
}

std::optional<PlatformEvent> petEventOf(const Trap& trap) {
    const auto rest = below(trap.oid, pet_enterprise);
    if (rest.size() != 1) return std::nullopt;
    const std::uint32_t specific = rest.front();
    if (specific > 0xffffff) return std::nullopt;  // bits 31..24 are reserved as zero
    PlatformEvent event;
    event.sensor_type = static_cast<std::uint8_t>(specific >> 16);
    event.event_type = static_cast<std::uint8_t>(specific >> 8);
    event.offset = static_cast<std::uint8_t>(specific & 0x0f);
    event.deasserted = (specific & 0x80) != 0;
    event.decodable = event.event_type != 0 && (specific & 0x70) == 0;
    if (const auto* octets = petOctets(trap)) readPetOctets(octets->bytes, event);
    return event;
}

/// `0x806f0107…`: the digits, at least eight of them.
std::optional<PlatformEvent> lenovoEventFrom(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
    const auto code = base::parseNumber<std::uint32_t>(text.substr(0, 8), 16);
    if (text.size() < 8 || !code) return std::nullopt;
    const auto direction = *code >> 24;
    if (direction != 0x80 && direction != 0x81) return std::nullopt;
    PlatformEvent event;
    event.event_type = static_cast<std::uint8_t>(*code >> 16);
    event.offset = static_cast<std::uint8_t>((*code >> 8) & 0x0f);
    event.sensor_type = static_cast<std::uint8_t>(*code);
    event.deasserted = direction == 0x81;
    event.decodable = event.event_type != 0 && (*code & 0xf000) == 0;
    return event;
}

std::optional<PlatformEvent> lenovoEventOf(const Trap& trap) {
    static const std::array<Oid, 2> alerts{Oid({1, 3, 6, 1, 4, 1, 19046, 11, 1, 158, 5}),
                                           Oid({1, 3, 6, 1, 4, 1, 2, 6, 158, 5})};
    const auto* vendor =
        std::find_if(alerts.begin(), alerts.end(), [&](const Oid& one) { return trap.oid.startsWith(one); });
    if (vendor == alerts.end()) return std::nullopt;
    const auto find = [&](std::uint32_t number) {
        auto name = vendor->numbers();
        name.insert(name.end(), {1, number});
        return trap.find(Oid(std::move(name)));
    };
    for (const auto number : {alt_event_id, alt_common_event_id}) {
        const auto* id = find(number);
        auto event = id == nullptr ? std::nullopt : lenovoEventFrom(id->text());
        if (!event) continue;
        const auto* priority = find(alt_priority);
        const auto said = priority == nullptr ? std::string() : priority->text();
        event->severity = said == "0"   ? Severity::Critical
                          : said == "2" ? Severity::NonCritical
                                        : Severity::Unspecified;
        return event;
    }
    return std::nullopt;
}

std::optional<PlatformEvent> huaweiEventOf(const Trap& trap) {
    const auto rest = below(trap.oid, huawei_events);
    if (rest.size() != 2 || rest[0] > 0x7fff || rest[1] > 0xffff) return std::nullopt;
    const auto direction = rest[1] & 0x0f;
    if (direction != 1 && direction != 2) return std::nullopt;
    PlatformEvent event;
    event.sensor_type = static_cast<std::uint8_t>(rest[0]);
    event.event_type = rest[0] > 0xff ? static_cast<std::uint8_t>(rest[0] >> 8) : 0x6f;
    event.offset = static_cast<std::uint8_t>(rest[1] >> 4 & 0x0f);
    event.deasserted = direction == 2;
    event.data = {static_cast<std::uint8_t>(rest[1] > 0xff ? 0xc0 : 0x00), static_cast<std::uint8_t>(rest[1] >> 8)};
    const auto* severity = trap.find(huawei_severity);
    if (severity != nullptr && severity->number) {
        event.severity = *severity->number == 2   ? Severity::NonCritical
                         : *severity->number >= 3 ? Severity::Critical
                                                  : Severity::Unspecified;
    }
    return event;
}

}  // namespace

std::optional<PlatformEvent> platformEventOf(const Trap& trap, EventCoding coding) {
    switch (coding) {
        case EventCoding::Lenovo:
            return lenovoEventOf(trap);
        case EventCoding::Huawei:
            return huaweiEventOf(trap);
        case EventCoding::Pet:
            break;
    }
    return petEventOf(trap);
}

}  // namespace standin::traps
