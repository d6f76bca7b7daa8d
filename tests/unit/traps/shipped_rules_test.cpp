// What roles/standin_coordinator/files/trap_rules.yml makes of the traps of real BMCs.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "trap_builder.hpp"

using namespace standin::traps;
using namespace standin::traps::testing;

namespace {

const TrapRules& shipped() {
    static const TrapRules read = TrapRules::fromFile(STANDIN_SHIPPED_RULES).value();
    return read;
}

struct Case {
    const char* what;
    Trap trap;
    const char* expected;  ///< a failure's kind, or the grade
};

std::string judged(const Trap& made) {
    const auto verdict = classify(made, shipped(), directory());
    return verdict.outcome == Verdict::Outcome::Failure ? verdict.kind : std::string(nameOf(verdict.grade));
}

Trap idrac(const std::string& last, const std::string& id) {
    Trap made = trap("1.3.6.1.4.1.674.10892.5.3.2.1.0." + last);
    made.varbinds.push_back(octets("1.3.6.1.4.1.674.10892.5.3.1.1.0", id));
    return made;
}

Trap xcc(const std::string& last, std::int64_t priority) {
    Trap made = trap("1.3.6.1.4.1.19046.11.1.158.5.0." + last);
    made.varbinds.push_back(number("1.3.6.1.4.1.19046.11.1.158.5.1.8.0", priority));
    return made;
}

/// OIDs that the rule names one by one.
std::vector<std::string> examplesOf(const TrapRule& rule) {
    std::vector<std::string> examples;
    for (const auto& pattern : rule.oids) {
        if (!pattern.below()) examples.push_back(pattern.text());
        for (const auto& range : rule.numbers.ranges) {
            for (auto number = range.first; pattern.below() && number <= range.last; ++number) {
                if (rule.numbers.holdsFor(number))
                    examples.push_back(pattern.oid().text() + "." + std::to_string(number));
            }
        }
    }
    return examples;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_shipped_rules_judge_the_traps_of_common_bmcs) {
    const std::vector<Case> cases{
        {"PET test", platformEvent(0), "test"},
        {"PET processor IERR", platformEvent(0x076f00), "processor"},
        {"PET processor thermal trip", platformEvent(0x076f01), "processor"},
        {"PET processor thermal trip went away", platformEvent(0x076f81), "cleared"},
        {"PET processor presence", platformEvent(0x076f07), "none"},
        {"PET uncorrectable memory error", platformEvent(0x0c6f01), "memory"},
        {"PET correctable memory error", platformEvent(0x0c6f00), "none"},
        {"PET power unit lost AC", platformEvent(0x096f04), "power"},
        {"PET power off", platformEvent(0x096f00), "none"},
        {"PET one of two power supplies", platformEvent(0x086f01), "degraded"},
        {"PET redundancy lost", platformEvent(0x090b01), "degraded"},
        {"PET too few power supplies", platformEvent(0x090b05), "power"},
        {"PET bus fatal error", platformEvent(0x136f0a), "bus"},
        {"PET watchdog hard reset", platformEvent(0x236f01), "hang"},
        {"PET watchdog expired, status only", platformEvent(0x236f00), "none"},
        {"PET run-time critical stop", platformEvent(0x206f01), "hang"},
        {"PET upper critical temperature", platformEvent(0x010109), "degraded"},
        {"PET upper non-recoverable temperature", platformEvent(0x01010b), "cooling"},
        {"PET lower critical fan speed", platformEvent(0x040102), "degraded"},
        {"PET chassis intrusion", platformEvent(0x056f00), "none"},
        {"PET no bootable medium", platformEvent(0x1e6f00), "storage"},
        {"iDRAC processor failure", idrac("2241", "CPU0000"), "processor"},
        {"iDRAC processor normal", trap("1.3.6.1.4.1.674.10892.5.3.2.1.0.2243"), "cleared"},
        {"iDRAC memory critical", idrac("2265", "MEM0001"), "memory"},
        {"iDRAC memory module to be replaced", idrac("2265", "MEM0702"), "degraded"},
        {"iDRAC memory critical, nobody says why", trap("1.3.6.1.4.1.674.10892.5.3.2.1.0.2265"), "degraded"},
        {"iDRAC operating system failure", idrac("2409", "OSE0001"), "hang"},
        {"iDRAC one power supply", trap("1.3.6.1.4.1.674.10892.5.3.2.1.0.2185"), "degraded"},
        {"iLO thermal failure", trap("1.3.6.1.4.1.232.0.6040"), "cooling"},
        {"iLO power outage", trap("1.3.6.1.4.1.232.0.9002"), "power"},
        {"iLO power off by the operator", trap("1.3.6.1.4.1.232.0.9018"), "none"},
        {"iLO fan failed", trap("1.3.6.1.4.1.232.0.6036"), "degraded"},
        {"iLO fatal error", trap("1.3.6.1.4.1.232.0.9014"), "processor"},
        {"XCC processor critical", xcc("40", 0), "processor"},
        {"XCC processor recovered", xcc("40", 8), "cleared"},
        {"XCC power off", xcc("23", 4), "none"},
        {"IMM memory critical", trap("1.3.6.1.4.1.2.6.158.5.0.41"), "memory"},
        {"coldStart", trap("1.3.6.1.6.3.1.1.5.1"), "none"},
        {"linkDown", trap("1.3.6.1.6.3.1.1.5.3"), "none"},
        {"somebody else's", trap("1.3.6.1.4.1.99999.1"), "none"},
    };
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT(one.what) {
            BOOST_TEST(judged(one.trap) == one.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_shipped_rule_can_be_reached) {
    // A rule of which every example would be taken by an earlier one is dead text; here by its own first OID.
    for (const auto& rule : shipped().rules) {
        if (rule.oids.empty() || !rule.varbinds.empty() || rule.platform_event) continue;
        for (const auto& text : examplesOf(rule)) {
            BOOST_TEST_CONTEXT(rule.name << " " << text) {
                BOOST_TEST(classify(trap(text), shipped(), directory()).rule == rule.name);
            }
        }
    }
}
