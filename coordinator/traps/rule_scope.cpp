#include "coordinator/traps/rule_scope.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace standin::traps {

namespace {

/// 1.3.6.1.4.1.X, a vendor's whole tree, is the widest that may be meant; 1.3.6.1.6.3.1.1.5, the standard traps, is
/// narrower.
constexpr std::size_t least_numbers = 7;
/// Nobody's BMCs fill more than a /8, or an IPv6 /16.
constexpr unsigned least_bits_v4 = 8;
constexpr unsigned least_bits_v6 = 16;

const Oid& oidOfAllTraps(bool time) {
    static const Oid up_time({1, 3, 6, 1, 2, 1, 1, 3});
    static const Oid trap_oid({1, 3, 6, 1, 6, 3, 1, 1, 4, 1});
    return time ? up_time : trap_oid;
}

bool isNarrow(const OidPattern& pattern) {
    return !pattern.below() || pattern.oid().numbers().size() >= least_numbers;
}

bool isNarrow(const NetworkPrefix& source) {
    return source.length() >= (source.isIpv4() ? least_bits_v4 : least_bits_v6);
}

bool isNarrow(const PlatformEventCondition& event) {
    const bool graded = event.graded == Grade::Failure || event.graded == Grade::Degraded;
    return graded || event.sensor_type || event.event_type || !event.offsets.empty();
}

/// Every trap of v2c has sysUpTime and snmpTrapOID; that they are there says nothing.
bool isNarrow(const ValueCondition& condition) {
    if (!condition.present) return false;
    if (condition.oid.startsWith(oidOfAllTraps(true))) return false;
    return condition.compares() || !condition.oid.startsWith(oidOfAllTraps(false));
}

template <typename Conditions>
bool allNarrow(const Conditions& conditions) {
    return !conditions.empty() &&
           std::all_of(conditions.begin(), conditions.end(), [](const auto& one) { return isNarrow(one); });
}

bool same(const ValueCondition& one, const ValueCondition& other) {
    return one.oid == other.oid && one.column == other.column && one.present == other.present &&
           one.byte == other.byte && one.mask == other.mask && one.one_of == other.one_of &&
           one.equals == other.equals && one.at_least == other.at_least && one.at_most == other.at_most &&
           one.pattern_text == other.pattern_text;
}

/// Where one of `wide` covers each of `narrow`.
template <typename Things>
bool coversAll(const Things& wide, const Things& narrow) {
    return std::all_of(narrow.begin(), narrow.end(), [&](const auto& one) {
        return std::any_of(wide.begin(), wide.end(), [&](const auto& other) { return other.covers(one); });
    });
}

bool coversEvent(const PlatformEventCondition& wide, const PlatformEventCondition& narrow) {
    const auto agrees = [](const auto& its, const auto& other) { return !its || its == other; };
    const bool offsets = wide.offsets.empty() ||
                         (!narrow.offsets.empty() && std::includes(wide.offsets.begin(), wide.offsets.end(),
                                                                   narrow.offsets.begin(), narrow.offsets.end()));
    return agrees(wide.sensor_type, narrow.sensor_type) && agrees(wide.event_type, narrow.event_type) &&
           agrees(wide.deasserted, narrow.deasserted) && agrees(wide.graded, narrow.graded) &&
           wide.coding == narrow.coding && offsets;
}

bool within(const NumberCondition::Range& narrow, const NumberCondition& wide) {
    return std::any_of(wide.ranges.begin(), wide.ranges.end(),
                       [&](const auto& range) { return range.first <= narrow.first && narrow.last <= range.last; });
}

/// Whatever last number a trap of `later` has, `wide` takes it.
bool coversNumbers(const NumberCondition& wide, const TrapRule& later) {
    if (wide.asksNothing()) return true;
    const auto& narrow = later.numbers;
    if (narrow.asksNothing()) {  // then its OIDs must say it, each by its last number
        return !later.oids.empty() && std::all_of(later.oids.begin(), later.oids.end(), [&](const OidPattern& one) {
            return !one.below() && wide.holdsFor(one.oid().numbers().back());
        });
    }
    const bool single = std::all_of(narrow.ranges.begin(), narrow.ranges.end(),
                                    [](const auto& range) { return range.first == range.last; });
    if (!narrow.ranges.empty() && single) {
        return std::all_of(narrow.ranges.begin(), narrow.ranges.end(),
                           [&](const auto& range) { return wide.holdsFor(range.first); });
    }
    const bool rest = wide.divisor == 1 || (wide.divisor == narrow.divisor && wide.remainder == narrow.remainder);
    const bool ranges = wide.ranges.empty() ||
                        (!narrow.ranges.empty() && std::all_of(narrow.ranges.begin(), narrow.ranges.end(),
                                                               [&](const auto& range) { return within(range, wide); }));
    return rest && ranges;
}

/// All traps that the rule may match bear one of these; empty: any.
std::vector<OidPattern> oidsOf(const TrapRule& rule) {
    const bool pet = rule.platform_event && rule.platform_event->coding == EventCoding::Pet;
    if (!rule.oids.empty() || !pet) return rule.oids;
    return {*OidPattern::parse("1.3.6.1.4.1.3183.1.1.*")};
}

}  // namespace

std::string tooWide(const TrapRule& rule) {
    if (allNarrow(rule.oids) || allNarrow(rule.sources)) return {};
    if (rule.platform_event && isNarrow(*rule.platform_event)) return {};
    if (std::any_of(rule.varbinds.begin(), rule.varbinds.end(), [](const auto& one) { return isNarrow(one); }))
        return {};
    std::string what;
    const auto add = [&what](const std::string& text) { what += (what.empty() ? "" : ", ") + text; };
    for (const auto& oid : rule.oids) add(oid.text());
    for (const auto& source : rule.sources) add(source.text());
    if (rule.platform_event) add("platform_event without sensor, event or offsets");
    for (const auto& condition : rule.varbinds) add("varbind " + condition.oid.text());
    return fmt::format(
        "a rule for failures that asks only for {} takes nearly every trap for a failure; name the vendor's OIDs "
        "(seven "
        "numbers or more before '.*'), a sensor, or the senders",
        what);
}

bool shadows(const TrapRule& earlier, const TrapRule& later) {
    if (!earlier.oids.empty()) {
        const auto narrow = oidsOf(later);
        if (narrow.empty() || !coversAll(earlier.oids, narrow)) return false;
    }
    if (!coversNumbers(earlier.numbers, later)) return false;
    if (!earlier.sources.empty() && (later.sources.empty() || !coversAll(earlier.sources, later.sources))) return false;
    if (earlier.platform_event &&
        (!later.platform_event || !coversEvent(*earlier.platform_event, *later.platform_event)))
        return false;
    return std::all_of(earlier.varbinds.begin(), earlier.varbinds.end(), [&](const ValueCondition& asked) {
        return std::any_of(later.varbinds.begin(), later.varbinds.end(),
                           [&](const ValueCondition& its) { return same(asked, its); });
    });
}

}  // namespace standin::traps
