#include "coordinator/traps/classify.hpp"

#include <boost/test/unit_test.hpp>

#include "trap_builder.hpp"

using namespace standin::traps;
using namespace standin::traps::testing;
using Outcome = Verdict::Outcome;

namespace {

const std::string two_rules = R"(
rules:
  - {name: quiet, reason: only a fan, oids: [1.3.6.1.4.1.9.1], verdict: not_a_failure}
  - {name: broken, reason: the board is dead, oids: [1.3.6.1.4.1.9.*], verdict: failure, kind: chassis}
)";

TrapRules withCondition(const std::string& condition) {
    return rules("rules: [{name: r, reason: x, oids: [1.3.6.1.4.1.9.*], varbinds: [{oid: 1.3.6.1.4.1.9.5, " +
                 condition + "}], verdict: failure, kind: k}]");
}

bool holds(const std::string& condition, VarBind varbind) {
    Trap made = trap("1.3.6.1.4.1.9.2");
    made.varbinds.push_back(std::move(varbind));
    return classify(made, withCondition(condition), directory()).outcome == Outcome::Failure;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(classification)

BOOST_AUTO_TEST_CASE(the_first_rule_that_matches_decides) {
    const auto read = rules(two_rules);
    const auto quiet = classify(trap("1.3.6.1.4.1.9.1"), read, directory());
    BOOST_TEST((quiet.outcome == Outcome::NotAFailure));
    BOOST_TEST(quiet.reason == "only a fan");
    BOOST_TEST(quiet.server.text() == "server01");
    const auto broken = classify(trap("1.3.6.1.4.1.9.2", "127.77.0.102"), read, directory());
    BOOST_TEST((broken.outcome == Outcome::Failure));
    BOOST_TEST(broken.server.text() == "server02");
    BOOST_TEST(broken.kind == "chassis");
    BOOST_TEST(broken.rule == "broken");
}

BOOST_AUTO_TEST_CASE(a_trap_that_no_rule_speaks_of_starts_nothing) {
    const auto verdict = classify(trap("1.3.6.1.4.1.10.1"), rules(two_rules), directory());
    BOOST_TEST((verdict.outcome == Outcome::NoRule));
    BOOST_TEST(verdict.reason == "no rule matches");
    BOOST_TEST(verdict.server.text() == "server01");
}

BOOST_AUTO_TEST_CASE(a_failure_of_an_unknown_server_says_what_to_add) {
    const auto verdict = classify(trap("1.3.6.1.4.1.9.2", "10.0.0.9"), rules(two_rules), directory());
    BOOST_TEST((verdict.outcome == Outcome::UnknownServer));
    BOOST_TEST(verdict.reason.find("source 10.0.0.9") != std::string::npos);
    BOOST_TEST(verdict.reason.find("trap_sources") != std::string::npos);
    BOOST_TEST(verdict.server.empty());
}

BOOST_AUTO_TEST_CASE(a_refused_trap_is_never_held_against_rules) {
    Trap refused = trap("1.3.6.1.4.1.9.2");
    refused.refusal = "refused: community";
    BOOST_TEST((classify(refused, rules(two_rules), directory()).outcome == Outcome::Refused));
    BOOST_TEST(explain(refused, rules(two_rules), directory()).lines.empty());
}

BOOST_AUTO_TEST_CASE(a_source_outside_the_rules_networks_does_not_match) {
    const auto read = rules("rules: [{name: r, reason: x, sources: [127.77.0.0/24], verdict: failure, kind: k}]");
    BOOST_TEST((classify(trap("1.3.6.1"), read, directory()).outcome == Outcome::Failure));
    BOOST_TEST((classify(trap("1.3.6.1", "127.78.0.101"), read, directory()).outcome == Outcome::NoRule));
}

BOOST_AUTO_TEST_CASE(varbinds_are_compared_as_text_number_and_pattern) {
    const std::string name = "1.3.6.1.4.1.9.5";
    BOOST_TEST(holds("equals: critical", octets(name, "critical")));
    BOOST_TEST(!holds("equals: critical", octets(name, "Critical")));
    BOOST_TEST(holds("equals: 4", number(name, 4)));
    BOOST_TEST(!holds("equals: 4", number(name, 40)));
    BOOST_TEST(holds("at_least: 4, at_most: 6", number(name, 6)));
    BOOST_TEST(!holds("at_least: 4, at_most: 6", number(name, 7)));
    BOOST_TEST(!holds("at_least: 4", octets(name, "5")));
    BOOST_TEST(holds("pattern: '^CPU\\d+ .*failed$'", octets(name, "CPU1 has failed")));
    BOOST_TEST(!holds("pattern: '^CPU\\d+ .*failed$'", octets(name, "a CPU1 has failed")));
    BOOST_TEST(holds("equals: critical", octets(name + ".0", "critical")));
    BOOST_TEST(!holds("equals: critical", octets(name + ".1", "critical")));
    BOOST_TEST(!holds("present: true", octets("1.3.6.1.4.1.9.6", "critical")));
    BOOST_TEST(holds("present: false", octets("1.3.6.1.4.1.9.6", "critical")));
    BOOST_TEST(!holds("present: false", octets(name, "critical")));
}

BOOST_AUTO_TEST_CASE(a_value_may_be_one_of_a_list_and_some_bits_of_a_number) {
    const std::string name = "1.3.6.1.4.1.9.5";
    BOOST_TEST(holds("one_of: [MEM0001, MEM0002]", octets(name, "MEM0002 ")));
    BOOST_TEST(!holds("one_of: [MEM0001, MEM0002]", octets(name, "MEM00021")));
    BOOST_TEST(holds("one_of: ['2', '3']", number(name, 3)));
    BOOST_TEST(holds("mask: 0x1c, equals: 8", number(name, 0x69)));
    BOOST_TEST(!holds("mask: 0x1c, equals: 8", number(name, 0x6d)));
    BOOST_TEST(holds("mask: 0xf0, at_least: 0x60", number(name, 0x69)));
}

BOOST_AUTO_TEST_CASE(a_tables_column_matches_by_any_row) {
    const auto column = rules(
        "rules: [{name: r, reason: x, oids: [1.3.6.1.4.1.9.*], grade: failure, kind: k, "
        "varbinds: [{oid: 1.3.6.1.4.1.9.5.*, equals: 4}]}]");
    Trap made = trap("1.3.6.1.4.1.9.2");
    BOOST_TEST(explain(made, column, directory()).lines[0].why == "varbind 1.3.6.1.4.1.9.5.* is absent");
    made.varbinds = {number("1.3.6.1.4.1.9.5.1.7", 3), number("1.3.6.1.4.1.9.51.8", 4)};
    BOOST_TEST(explain(made, column, directory()).lines[0].why == "varbind 1.3.6.1.4.1.9.5.1.7 is '3', not '4'");
    made.varbinds.push_back(number("1.3.6.1.4.1.9.5.1.8", 4));
    BOOST_TEST((classify(made, column, directory()).outcome == Outcome::Failure));
}

BOOST_AUTO_TEST_CASE(the_zero_before_the_last_number_may_be_missing) {
    const auto read = rules(
        "rules: [{name: one, reason: x, oids: [1.3.6.1.4.1.9.0.5], grade: test},"
        "{name: all, reason: x, oids: [1.3.6.1.4.1.9.7.0.*], grade: degraded}]");
    const auto rule = [&](const std::string& name) { return classify(trap(name), read, directory()).rule; };
    BOOST_TEST(rule("1.3.6.1.4.1.9.5") == "one");
    BOOST_TEST(rule("1.3.6.1.4.1.9.6") == "");
    BOOST_TEST(rule("1.3.6.1.4.1.9.7.6") == "all");
    BOOST_TEST(rule("1.3.6.1.4.1.9.7.6.1") == "");
    BOOST_TEST(rule("1.3.6.1.4.1.9.7.0.6.1") == "all");
}

BOOST_AUTO_TEST_CASE(a_verdict_has_the_grade_also_of_an_unknown_server_and_says_what_the_trap_says) {
    const auto read = rules(
        "rules: [{name: fan, reason: a fan, message: [1.3.6.1.4.1.9.5], oids: [1.3.6.1.4.1.9.1], grade: degraded},"
        "{name: cpu, reason: a cpu, oids: [1.3.6.1.4.1.9.2], kind: processor}]");
    Trap made = trap("1.3.6.1.4.1.9.1");
    made.varbinds = {octets("1.3.6.1.4.1.9.5.0", "Fan 3 \x01stopped")};
    const auto degraded = classify(made, read, directory());
    BOOST_TEST((degraded.grade == Grade::Degraded));
    BOOST_TEST((degraded.outcome == Outcome::NotAFailure));
    BOOST_TEST(degraded.reason.starts_with("a fan: "));
    const auto unknown = classify(trap("1.3.6.1.4.1.9.2", "10.9.9.9"), read, directory());
    BOOST_TEST((unknown.grade == Grade::Failure));
    BOOST_TEST((unknown.outcome == Outcome::UnknownServer));
}

BOOST_AUTO_TEST_CASE(a_byte_of_an_octet_string_is_compared_as_a_number) {
    const std::string name = "1.3.6.1.4.1.9.5";
    const std::string platform_event("\x44\x45\x10\x20", 4);
    BOOST_TEST(holds("byte: 2, equals: 0x10", octets(name, platform_event)));
    BOOST_TEST(!holds("byte: 3, equals: 0x10", octets(name, platform_event)));
    BOOST_TEST(holds("byte: 3, at_least: 0x10", octets(name, platform_event)));
    BOOST_TEST(!holds("byte: 4, at_least: 0", octets(name, platform_event)));
    BOOST_TEST(!holds("byte: 0, at_least: 0", number(name, 4)));
}

BOOST_AUTO_TEST_CASE(a_pattern_that_would_take_for_ever_matches_nothing_in_finite_time) {
    BOOST_TEST(
        !holds("pattern: '^(a+)+$'", octets("1.3.6.1.4.1.9.5", std::string(VarBind::longest_value - 1, 'a') + "!")));
}

BOOST_AUTO_TEST_CASE(a_chassis_speaks_for_a_server_by_uuid_bytes_or_serial_number) {
    const auto by_uuid = rules(R"(
rules: [{name: r, reason: x, oids: [1.3.6.1.4.1.9.*], verdict: failure, kind: k,
         server: {by: varbind, varbind: 1.3.6.1.4.1.9.7, first_byte: 0, last_byte: 15}}])");
    Trap made = trap("1.3.6.1.4.1.9.2", "10.9.9.9");
    made.varbinds.push_back(
        octets("1.3.6.1.4.1.9.7",
               std::string("\x4c\x4c\x45\x44\x00\x4b\x10\x10\x80\x4b\xc3\xc0\x4f\x4d\x4c\x31\x00\x01", 18)));
    BOOST_TEST(classify(made, by_uuid, directory()).server.text() == "server03");

    const auto by_serial = rules(R"(
rules: [{name: r, reason: x, oids: [1.3.6.1.4.1.9.*], verdict: failure, kind: k, server: {by: varbind, varbind: 1.3.6.1.4.1.9.7}}])");
    made.varbinds[0] = octets("1.3.6.1.4.1.9.7", "abc1234");
    BOOST_TEST(classify(made, by_serial, directory()).server.text() == "server04");
    made.varbinds[0] = octets("1.3.6.1.4.1.9.7", "other");
    BOOST_TEST((classify(made, by_serial, directory()).outcome == Outcome::UnknownServer));
    made.varbinds.clear();
    BOOST_TEST(classify(made, by_serial, directory()).reason.find("absent") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(behind_a_forwarder_the_agent_address_names_the_server) {
    const auto read = rules(
        "rules: [{name: r, reason: x, oids: [1.3.6.1.4.1.9.*], server: {by: agent_address}, verdict: failure, kind: "
        "k}]");
    Trap made = trap("1.3.6.1.4.1.9.2", "10.9.9.9");
    BOOST_TEST((classify(made, read, directory()).outcome == Outcome::UnknownServer));
    made.agent_address = "127.77.0.102";
    BOOST_TEST((classify(made, read, directory()).outcome == Outcome::UnknownServer));
    auto servers = directory();
    BOOST_TEST(servers.addForwarder("10.9.9.9").has_value());
    BOOST_TEST(classify(made, read, servers).server.text() == "server02");
}

BOOST_AUTO_TEST_CASE(an_address_of_two_servers_is_refused_not_guessed) {
    ServerDirectory servers;
    BOOST_TEST(servers.addAddress(standin::base::ServerName("a"), "10.0.0.1").has_value());
    BOOST_TEST(servers.addAddress(standin::base::ServerName("a"), "::ffff:10.0.0.1").has_value());
    const auto twice = servers.addAddress(standin::base::ServerName("b"), "10.0.0.1");
    BOOST_REQUIRE(!twice);
    BOOST_TEST((twice.error().code == standin::base::ErrorCode::Conflict));
    BOOST_TEST(!servers.addAddress(standin::base::ServerName("b"), "bmc-b"));
}

BOOST_AUTO_TEST_CASE(an_explanation_goes_rule_by_rule_up_to_the_one_that_decided) {
    const auto told = explain(trap("1.3.6.1.4.1.9.2"), rules(two_rules), directory());
    BOOST_REQUIRE(told.lines.size() == 2U);
    BOOST_TEST(!told.lines[0].matched);
    BOOST_TEST(told.lines[0].why == "the trap's OID is not 1.3.6.1.4.1.9.1");
    BOOST_TEST(told.lines[1].matched);
    BOOST_TEST(told.lines[1].why == "failure: the board is dead");
    BOOST_TEST((told.verdict.outcome == Outcome::Failure));

    Trap made = trap("1.3.6.1.4.1.9.2");
    made.varbinds.push_back(number("1.3.6.1.4.1.9.5", 2));
    BOOST_TEST(explain(made, withCondition("equals: 4"), directory()).lines[0].why ==
               "varbind 1.3.6.1.4.1.9.5 is '2', not '4'");
}

BOOST_AUTO_TEST_SUITE_END()
