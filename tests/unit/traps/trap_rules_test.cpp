#include <boost/test/unit_test.hpp>

#include "trap_builder.hpp"

using namespace standin::traps;

namespace {

std::string complaintAbout(const std::string& yaml) {
    auto read = TrapRules::fromText(yaml, "rules.yml");
    return read ? "" : read.error().message;
}

bool complains(const std::string& yaml, const std::string& words) {
    const auto complaint = complaintAbout(yaml);
    BOOST_TEST_INFO(complaint);
    return complaint.find(words) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trap_rules)

BOOST_AUTO_TEST_CASE(an_unknown_key_is_told_with_file_line_and_column) {
    BOOST_TEST(complaintAbout("rules:\n  - name: a\n    reason: x\n    oidz: [1.3]\n    verdict: ignored\n")
                   .starts_with("rules.yml:4:"));
}

BOOST_AUTO_TEST_CASE(all_problems_are_told_at_once) {
    const auto all = complaintAbout(
        "rules:\n  - {name: a b, reason: x, oids: [1.x], verdict: perhaps}\n  - {reason: y, verdict: ignored}\n");
    BOOST_TEST_INFO(all);
    BOOST_TEST(std::count(all.begin(), all.end(), '\n') == 3);
    BOOST_TEST(all.find("'1.x' is not an OID") != std::string::npos);
    BOOST_TEST(all.find("name: is missing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_meant_is_refused) {
    BOOST_TEST(complains("{}", "rules"));
    BOOST_TEST(complains("rules: []", "at least one rule"));
    BOOST_TEST(complains("rules: [{name: a, reason: x, verdict: failure, kind: k}]", "must say of which traps"));
    BOOST_TEST(complains("rules: [{name: a, reason: x, oids: [1.3], verdict: failure}]", "kind: is missing"));
    BOOST_TEST(complains("rules: [{name: a, reason: x, verdict: ignored}, {name: a, reason: x, verdict: ignored}]",
                         "already used at rules.yml:1:"));
    BOOST_TEST(complains("rules: [{name: a, reason: x, verdict: ignored, varbinds: [{oid: 1.3, pattern: '('}]}]",
                         "not a regular expression"));
    BOOST_TEST(
        complains("rules: [{name: a, reason: x, verdict: ignored, varbinds: [{oid: 1.3, at_least: 5, at_most: 4}]}]",
                  "nothing could match"));
    BOOST_TEST(
        complains("rules: [{name: a, reason: x, verdict: ignored, varbinds: [{oid: 1.3, present: false, equals: 4}]}]",
                  "no value to compare"));
    BOOST_TEST(complains("rules: [{name: a, reason: x, verdict: ignored, varbinds: [{oid: 1.3, byte: 3, equals: x}]}]",
                         "a byte equals a number"));
    BOOST_TEST(complains("rules: [{name: a, reason: x, verdict: ignored, platform_event: {sensor: cpu}}]",
                         "neither a number"));
    BOOST_TEST(
        complains("rules: [{name: a, reason: x, verdict: ignored, platform_event: {offsets: [16]}}]", "from 0 to 15"));
    BOOST_TEST(complains("rules: [{name: a, reason: x, verdict: ignored, sources: [10.0.0.0/40]}]",
                         "not an address or network"));
    BOOST_TEST(
        complains("rules: [{name: a, reason: x, verdict: ignored, server: {by: varbind}}]", "varbind: is missing"));
    BOOST_TEST(complains("rules: [{name: a, reason: x, verdict: ignored, kind: k}]", "kind"));
}

BOOST_AUTO_TEST_CASE(a_rule_that_takes_nearly_every_trap_for_a_failure_is_refused) {
    const auto failure = [](const std::string& conditions) {
        return complaintAbout("rules:\n  - {name: a, reason: x, verdict: failure, kind: k, " + conditions + "}\n");
    };
    for (const char* wide :
         {"oids: [1.3.*]", "oids: [1.3.6.1.4.1.*]", "oids: [1.3.6.1.4.1.9.1, 1.3.6.*]", "sources: [0.0.0.0/0]",
          "sources: ['::/0']", "sources: [0.0.0.0/1, 128.0.0.0/1]", "sources: [10.1.2.3, 0.0.0.0/0]",
          "platform_event: {}", "platform_event: {direction: asserted}", "varbinds: [{oid: 1.3.6.1.2.1.1.3.0}]",
          "varbinds: [{oid: 1.3.6.1.6.3.1.1.4.1.0}]", "varbinds: [{oid: 1.3.6.1.4.1.9.5, present: false}]",
          "oids: [1.3.*], sources: [0.0.0.0/0]", "platform_event: {graded: none}", "oids: [1.3.*], numbers: [5]"}) {
        const auto complaint = failure(wide);
        BOOST_TEST(complaint.find("takes nearly every trap for a failure") != std::string::npos,
                   wide << ": " << complaint);
        BOOST_TEST(complaint.starts_with("rules.yml:2:"), complaint);
    }
    for (const char* narrow :
         {"oids: [1.3.6.1.4.1.9.*]", "oids: [1.3.6.1.6.3.1.1.5.3]", "sources: [10.0.0.0/8]",
          "sources: ['fd00:77::/64']", "oids: [1.3.*], sources: [10.1.2.3]", "platform_event: {sensor: memory}",
          "platform_event: {graded: failure}", "oids: [1.3.6.1.4.1.9.*], numbers: [5-9]",
          "oids: [1.3.*], varbinds: [{oid: 1.3.6.1.4.1.9.5, equals: 4}]",
          "varbinds: [{oid: 1.3.6.1.6.3.1.1.4.1.0, pattern: 'x'}]"}) {
        BOOST_TEST(failure(narrow) == "", narrow);
    }
    BOOST_TEST(complaintAbout("rules: [{name: a, reason: x, oids: [1.3.*], verdict: ignored}]") == "");
}

BOOST_AUTO_TEST_CASE(a_rule_that_an_earlier_one_shadows_is_refused) {
    const auto pair = [](const std::string& earlier, const std::string& later) {
        return complaintAbout("rules:\n  - {name: one, reason: x, verdict: ignored" + earlier +
                              "}\n  - {name: two, reason: x, verdict: not_a_failure" + later + "}\n");
    };
    using Pair = std::pair<const char*, const char*>;
    for (const auto& [earlier, later] :
         {Pair{"", ", oids: [1.3.6.1.4.1.9.*]"},
          Pair{", oids: [1.3.6.1.4.1.9.*]", ", oids: [1.3.6.1.4.1.9.5, 1.3.6.1.4.1.9.7.*]"},
          Pair{", oids: [1.3.6.1.4.1.9.*]", ", oids: [1.3.6.1.4.1.9.*], sources: [10.1.2.3]"},
          Pair{", sources: [10.0.0.0/8]", ", sources: [10.1.0.0/16], oids: [1.3.6.1.4.1.9.5]"},
          Pair{", platform_event: {sensor: memory}", ", platform_event: {sensor: memory, event: 0x6f, offsets: [1]}"},
          Pair{", platform_event: {sensor: memory, offsets: [0, 1]}",
               ", platform_event: {sensor: memory, offsets: [1]}"},
          Pair{", oids: [1.3.6.1.4.1.3183.*]", ", platform_event: {sensor: memory}"},
          Pair{", platform_event: {graded: failure}", ", platform_event: {graded: failure, sensor: memory}"},
          Pair{", oids: [1.3.6.1.4.1.9.*], numbers: [5-9]", ", oids: [1.3.6.1.4.1.9.0.*], numbers: [6, 8-9]"},
          Pair{", oids: [1.3.6.1.4.1.9.*], numbers: [5-9]", ", oids: [1.3.6.1.4.1.9.0.6, 1.3.6.1.4.1.9.0.7]"},
          Pair{", oids: [1.3.6.1.4.1.9.*], remainder: {divisor: 8, equals: 1}",
               ", oids: [1.3.6.1.4.1.9.*], numbers: [9, 17]"},
          Pair{", oids: [1.3.6.1.4.1.9.*], remainder: {divisor: 8, equals: 1}",
               ", oids: [1.3.6.1.4.1.9.7.*], remainder: {divisor: 8, equals: 1}"},
          Pair{", varbinds: [{oid: 1.3.6.1.4.1.9.5.*, one_of: [a, b]}]",
               ", varbinds: [{oid: 1.3.6.1.4.1.9.5.*, one_of: [a, b]}]"},
          Pair{", varbinds: [{oid: 1.3.6.1.4.1.9.5, equals: 4}]",
               ", oids: [1.3.6.1.4.1.9.5], varbinds: [{oid: 1.3.6.1.4.1.9.5, equals: 4}, {oid: 1.3.6.1.4.1.9.6}]"}}) {
        const auto complaint = pair(earlier, later);
        BOOST_TEST(complaint.find("rule 'two' never decides") != std::string::npos,
                   earlier << " / " << later << ": " << complaint);
        BOOST_TEST(complaint.find("rule 'one' at rules.yml:2:") != std::string::npos, complaint);
        BOOST_TEST(complaint.starts_with("rules.yml:3:"), complaint);
    }
    for (const auto& [earlier, later] :
         {Pair{", oids: [1.3.6.1.4.1.9.5]", ", oids: [1.3.6.1.4.1.9.*]"},
          Pair{", oids: [1.3.6.1.4.1.9.*]", ", sources: [10.1.2.3]"},
          Pair{", sources: [10.1.0.0/16]", ", sources: [10.0.0.0/8]"},
          Pair{", sources: [10.0.0.0/8]", ", sources: ['fd00::/16']"},
          Pair{", platform_event: {sensor: memory, offsets: [1]}", ", platform_event: {sensor: memory}"},
          Pair{", platform_event: {direction: deasserted}", ", platform_event: {sensor: memory}"},
          Pair{", platform_event: {graded: failure}", ", platform_event: {sensor: memory}"},
          Pair{", platform_event: {sensor: memory}", ", platform_event: {sensor: memory, coding: huawei}"},
          Pair{", oids: [1.3.6.1.4.1.9.*], numbers: [5-9]", ", oids: [1.3.6.1.4.1.9.*], numbers: [8-10]"},
          Pair{", oids: [1.3.6.1.4.1.9.*], numbers: [5-9]", ", oids: [1.3.6.1.4.1.9.*]"},
          Pair{", oids: [1.3.6.1.4.1.9.*], remainder: {divisor: 8, equals: 1}",
               ", oids: [1.3.6.1.4.1.9.*], numbers: [9, 10]"},
          Pair{", varbinds: [{oid: 1.3.6.1.4.1.9.5, mask: 0x1c, equals: 8}]",
               ", varbinds: [{oid: 1.3.6.1.4.1.9.5, equals: 8}]"},
          Pair{", oids: [1.3.6.1.4.1.9.5], varbinds: [{oid: 1.3.6.1.4.1.9.5, equals: 4}]",
               ", oids: [1.3.6.1.4.1.9.5], varbinds: [{oid: 1.3.6.1.4.1.9.5, equals: 5}]"}}) {
        BOOST_TEST(pair(earlier, later) == "", earlier << " / " << later);
    }
}

BOOST_AUTO_TEST_CASE(a_rule_has_a_grade_or_the_verdict_of_old) {
    const auto graded = [](const std::string& outcome) {
        return testing::rules("rules: [{name: a, reason: x, oids: [1.3.6.1.4.1.9.1], " + outcome + "}]").rules.at(0);
    };
    BOOST_TEST((graded("kind: cpu").grade == Grade::Failure));
    BOOST_TEST((graded("verdict: failure, kind: cpu").grade == Grade::Failure));
    BOOST_TEST((graded("grade: failure, kind: cpu").verdict == RuleVerdict::Failure));
    BOOST_TEST((graded("verdict: not_a_failure").grade == Grade::None));
    BOOST_TEST((graded("verdict: ignored").grade == Grade::None));
    BOOST_TEST((graded("verdict: ignored, grade: cleared").verdict == RuleVerdict::Ignored));
    BOOST_TEST((graded("grade: test").verdict == RuleVerdict::Ignored));
    for (const auto* grade : {"degraded", "cleared", "none"}) {
        BOOST_TEST((graded(std::string("grade: ") + grade).grade == gradeFrom(grade)));
        BOOST_TEST((graded(std::string("grade: ") + grade).verdict == RuleVerdict::NotAFailure));
    }
}

BOOST_AUTO_TEST_CASE(slips_in_what_is_new_are_told_with_place_and_cure) {
    const auto slip = [](const std::string& rest) {
        return complaintAbout("rules:\n  - {name: a, reason: x, oids: [1.3.6.1.4.1.9.*], " + rest + "}\n");
    };
    using Slip = std::pair<const char*, const char*>;
    for (const auto& [rest, words] :
         {Slip{"sources: [10.1.2.3]", "grade: is missing: say failure, degraded, cleared, test or none"},
          Slip{"grade: bad", "grade"},
          Slip{"grade: degraded, verdict: failure, kind: k", "leave the verdict out"},
          Slip{"grade: failure, verdict: ignored, kind: k", "leave the verdict out"},
          Slip{"grade: failure", "kind: is missing"},
          Slip{"grade: degraded, kind: fan", "only a failure has a kind"},
          Slip{"grade: none, condition: {name: fan}", "only what is degraded or cleared has a condition"},
          Slip{"grade: degraded, condition: {name: fan, group: 8}", "remove one of them"},
          Slip{"grade: none, numbers: [9-5]", "'9-5' is neither a number nor a range"},
          Slip{"grade: none, numbers: [x]", "neither a number nor a range"},
          Slip{"grade: none, remainder: {divisor: 8, equals: 8}", "equals"},
          Slip{"grade: none, platform_event: {graded: worse}", "graded"},
          Slip{"grade: none, platform_event: {coding: dell}", "coding"},
          Slip{"grade: none, varbinds: [{oid: 1.3.6, one_of: []}]", "nothing could match"},
          Slip{"grade: none, varbinds: [{oid: 1.3.6, mask: x}]", "whole number"},
          Slip{"grade: none, varbinds: [{oid: 1.3.6, present: false, one_of: [a]}]", "no value to compare"},
          Slip{"grade: none, varbinds: [{oid: 1.3.6, mask: 0x1c}]", "compares nothing"},
          Slip{"grade: none, varbinds: [{oid: 1.3.6, mask: 0, equals: 0}]", "above 0"},
          Slip{"grade: none, varbinds: [{oid: 1.3.6, mask: 0x1c, equals: 0x03}]", "nothing could match"},
          Slip{"grade: none, varbinds: [{oid: 1.3.6, mask: 0x1c, one_of: [1, 2]}]", "nothing could match"},
          Slip{"grade: none, varbinds: [{oid: 1.3.6, byte: 26, one_of: [x]}]", "a byte equals a number"},
          Slip{"grade: none, varbinds: [{oid: 1.3.6, equals: a, one_of: [a]}]", "remove one of them"},
          Slip{"grade: none, varbinds: []", "is empty"},
          Slip{"grade: none, sources: []", "is empty"},
          Slip{"grade: none, numbers: []", "is empty"},
          Slip{"grade: none, message: []", "is empty"},
          Slip{"grade: none, platform_event: {offsets: []}", "is empty"},
          Slip{"grade: degraded, condition: {first: 5}", "there is no group"},
          Slip{"grade: degraded, condition: {parts: [1.1, 1.2, 1.3, 1.4, 1.5]}", "at most 4 varbinds"},
          Slip{"grade: none, message: [alert]", "is not an OID"}}) {
        const auto complaint = slip(rest);
        BOOST_TEST(complaint.starts_with("rules.yml:2:"), rest << ": " << complaint);
        BOOST_TEST(complaint.find(words) != std::string::npos, rest << ": " << complaint);
    }
}

BOOST_AUTO_TEST_CASE(a_value_of_any_length_is_told_by_its_beginning) {
    const std::string longer(100'000, 'x');
    for (const auto* rest : {"numbers: [@]", "remainder: {divisor: @, equals: 1}", "platform_event: {sensor: @}",
                             "platform_event: {graded: @}", "varbinds: [{oid: 1.3.6, pattern: '(@'}]", "message: [@]",
                             "platform_event: {offsets: [@]}"}) {
        std::string text = rest;
        text.replace(text.find('@'), 1, longer);
        const auto complaint =
            complaintAbout("rules:\n  - {name: a, reason: x, oids: [1.3.6.1.4.1.9.*], grade: none, " + text + "}\n");
        BOOST_TEST(!complaint.empty());
        BOOST_TEST(complaint.size() < 1'000U, rest);
    }
}

BOOST_AUTO_TEST_CASE(bytes_in_a_list_may_be_written_as_the_tables_do) {
    const auto read = testing::rules(
        "rules: [{name: a, reason: x, verdict: ignored, varbinds: [{oid: 1.3.6.1.4.1.9.1, byte: 0, one_of: [0x41, "
        "7]}]}]");
    Trap trap;
    auto& value = trap.varbinds.emplace_back();
    value.oid = *Oid::parse("1.3.6.1.4.1.9.1");
    value.kind = ValueKind::Octets;
    value.bytes = "A";
    BOOST_TEST(!read.rules[0].mismatch(trap, Words::Wanted));
}

BOOST_AUTO_TEST_CASE(a_rule_may_name_sensor_and_event_by_number) {
    const auto read =
        testing::rules("rules: [{name: a, reason: x, verdict: ignored, platform_event: {sensor: 0x07, event: 0x6f}}]");
    BOOST_TEST(!read.rules[0].mismatch(testing::platformEvent(0x076f01), Words::Wanted));
    BOOST_TEST(read.rules[0].mismatch(testing::platformEvent(0x0c6f01), Words::Wanted).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
