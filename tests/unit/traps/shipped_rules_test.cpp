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
    const char* expected;  ///< a failure's kind, or the outcome
};

std::string judged(const Trap& made) {
    const auto verdict = classify(made, shipped(), directory());
    return verdict.outcome == Verdict::Outcome::Failure ? verdict.kind : std::string(nameOf(verdict.outcome));
}

Trap xcc(const std::string& last, std::int64_t priority) {
    Trap made = trap("1.3.6.1.4.1.19046.11.1.158.5.0." + last);
    made.varbinds.push_back(number("1.3.6.1.4.1.19046.11.1.158.5.1.8.0", priority));
    return made;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_shipped_rules_judge_the_traps_of_common_bmcs) {
    const std::vector<Case> cases{
        {"PET test", platformEvent(0), "ignored"},
        {"PET processor IERR", platformEvent(0x076f00), "processor"},
        {"PET processor thermal trip", platformEvent(0x076f01), "processor"},
        {"PET processor thermal trip went away", platformEvent(0x076f81), "not_a_failure"},
        {"PET processor presence", platformEvent(0x076f07), "not_a_failure"},
        {"PET uncorrectable memory error", platformEvent(0x0c6f01), "memory"},
        {"PET correctable memory error", platformEvent(0x0c6f00), "not_a_failure"},
        {"PET power unit lost AC", platformEvent(0x096f04), "power"},
        {"PET power off", platformEvent(0x096f00), "not_a_failure"},
        {"PET one of two power supplies", platformEvent(0x086f01), "not_a_failure"},
        {"PET redundancy lost", platformEvent(0x090b01), "not_a_failure"},
        {"PET too few power supplies", platformEvent(0x090b05), "power"},
        {"PET bus fatal error", platformEvent(0x136f0a), "bus"},
        {"PET watchdog hard reset", platformEvent(0x236f01), "hang"},
        {"PET watchdog expired, status only", platformEvent(0x236f00), "not_a_failure"},
        {"PET run-time critical stop", platformEvent(0x206f01), "hang"},
        {"PET upper critical temperature", platformEvent(0x010109), "not_a_failure"},
        {"PET upper non-recoverable temperature", platformEvent(0x01010b), "cooling"},
        {"PET lower critical fan speed", platformEvent(0x040102), "not_a_failure"},
        {"PET chassis intrusion", platformEvent(0x056f00), "not_a_failure"},
        {"PET no bootable medium", platformEvent(0x1e6f00), "storage"},
        {"iDRAC processor failure", trap("1.3.6.1.4.1.674.10892.5.3.2.1.0.2241"), "processor"},
        {"iDRAC processor normal", trap("1.3.6.1.4.1.674.10892.5.3.2.1.0.2243"), "not_a_failure"},
        {"iDRAC memory critical", trap("1.3.6.1.4.1.674.10892.5.3.2.1.0.2265"), "memory"},
        {"iDRAC operating system failure", trap("1.3.6.1.4.1.674.10892.5.3.2.1.0.2409"), "hang"},
        {"iDRAC one power supply", trap("1.3.6.1.4.1.674.10892.5.3.2.1.0.2185"), "not_a_failure"},
        {"iLO thermal failure", trap("1.3.6.1.4.1.232.0.6040"), "cooling"},
        {"iLO power outage", trap("1.3.6.1.4.1.232.0.9002"), "power"},
        {"iLO power off by the operator", trap("1.3.6.1.4.1.232.0.9018"), "not_a_failure"},
        {"iLO fan failed", trap("1.3.6.1.4.1.232.0.6036"), "not_a_failure"},
        {"iLO fatal error", trap("1.3.6.1.4.1.232.0.9014"), "processor"},
        {"XCC processor critical", xcc("40", 0), "processor"},
        {"XCC processor recovered", xcc("40", 8), "not_a_failure"},
        {"XCC power off", xcc("23", 4), "not_a_failure"},
        {"IMM memory critical", trap("1.3.6.1.4.1.2.6.158.5.0.41"), "memory"},
        {"coldStart", trap("1.3.6.1.6.3.1.1.5.1"), "ignored"},
        {"linkDown", trap("1.3.6.1.6.3.1.1.5.3"), "not_a_failure"},
        {"somebody else's", trap("1.3.6.1.4.1.99999.1"), "no_rule"},
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
        if (rule.oids.empty() || !rule.varbinds.empty() || rule.oids.front().text().ends_with(".*")) continue;
        for (const auto& pattern : rule.oids) {
            BOOST_TEST_CONTEXT(rule.name << " " << pattern.text()) {
                BOOST_TEST(classify(trap(pattern.text()), shipped(), directory()).rule == rule.name);
            }
        }
    }
}
