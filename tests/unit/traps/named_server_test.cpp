// Which server a trap concerns: source, content, forwarders, and who may speak for whom.
#include "coordinator/traps/named_server.hpp"

#include <boost/test/unit_test.hpp>

#include "trap_builder.hpp"

using namespace standin::traps;
using namespace standin::traps::testing;
using standin::base::ServerName;
using Outcome = Verdict::Outcome;

namespace {

const ServerName server01("server01"), server02("server02");

TrapRules dead() {
    return rules(
        "rules: [{name: dead, reason: the board is dead, oids: [1.3.6.1.4.1.9.*], grade: failure, kind: board}]");
}

Trap failureFrom(const std::string& source, const std::string& says = {}) {
    auto made = trap("1.3.6.1.4.1.9.2", source);
    made.agent_address = says;
    return made;
}

Trap authenticated(const std::string& user, const std::string& engine, const std::string& source) {
    auto made = failureFrom(source);
    made.version = SnmpVersion::V3;
    made.principal = user;
    made.engine_id = engine;
    return made;
}

/// server01's BMC and the chassis of both have users of their own.
ServerDirectory bound() {
    auto servers = directory();
    servers.entitleUser("bmc", "0x80000C6F01", {false, {server01}});
    servers.entitleUser("chassis", "0x80000c6f02", {false, {server01, server02}});
    servers.entitleUser("central", "", {true, {}});
    servers.entitleCommunity("/secrets/community-server01", {false, {server01}});
    servers.entitleCommunity("/secrets/communities", {true, {}});
    return servers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(named_server)

BOOST_AUTO_TEST_CASE(a_user_speaks_for_its_own_server_only) {
    const auto servers = bound();
    const auto own = classify(authenticated("bmc", "0x80000c6f01", "127.77.0.101"), dead(), servers);
    BOOST_TEST((own.outcome == Outcome::Failure));
    const auto other = classify(authenticated("bmc", "0x80000c6f01", "127.77.0.102"), dead(), servers);
    BOOST_TEST((other.outcome == Outcome::Refused));
    BOOST_TEST((other.refusal == RefusalKind::Binding));
    BOOST_TEST(
        other.reason.starts_with("refused: user 'bmc' of engine 0x80000c6f01 does not speak for server 'server02'"));
    BOOST_TEST((other.grade == Grade::Failure));
    BOOST_TEST((classify(authenticated("chassis", "0x80000c6f02", "127.77.0.102"), dead(), servers).outcome ==
                Outcome::Failure));
    // The same name at another engine is another user.
    BOOST_TEST(
        (classify(authenticated("bmc", "0x80000c6f02", "127.77.0.101"), dead(), servers).outcome == Outcome::Refused));
}

BOOST_AUTO_TEST_CASE(a_user_of_informs_is_told_by_its_name_since_the_engine_is_ours) {
    const auto servers = bound();
    auto inform = authenticated("central", "0x8000ffff01", "127.77.0.102");
    inform.inform = true;
    BOOST_TEST((classify(inform, dead(), servers).outcome == Outcome::Failure));
    inform.principal = "bmc";
    BOOST_TEST((classify(inform, dead(), servers).outcome == Outcome::Refused));
}

BOOST_AUTO_TEST_CASE(a_community_speaks_for_the_servers_of_its_file) {
    const auto servers = bound();
    auto made = failureFrom("127.77.0.102");
    made.community = "/secrets/communities";
    BOOST_TEST((classify(made, dead(), servers).outcome == Outcome::Failure));
    made.community = "/secrets/community-server01";
    const auto refused = classify(made, dead(), servers);
    BOOST_TEST((refused.outcome == Outcome::Refused));
    BOOST_TEST(says(refused.reason,
                    "the community of '/secrets/community-server01' does not speak for server "
                    "'server02'"));
}

BOOST_AUTO_TEST_CASE(a_trap_whose_sender_contradicts_its_content_starts_nothing_for_either) {
    const auto verdict = classify(failureFrom("127.77.0.101", "127.77.0.102"), dead(), directory());
    BOOST_TEST((verdict.outcome == Outcome::Refused));
    BOOST_TEST((verdict.refusal == RefusalKind::Contradiction));
    for (const auto* part : {"127.77.0.101", "'server01'", "'server02'", "trap_forwarders"})
        BOOST_TEST(says(verdict.reason, part), verdict.reason);
    // An identity contradicts as an address does.
    auto named = failureFrom("127.77.0.101");
    named.varbinds = {octets("1.3.6.1.4.1.9.7", "abc1234")};
    BOOST_TEST((classify(named, dead(), directory()).outcome == Outcome::Refused));
    // The BMC's second address is nobody else's.
    BOOST_TEST((classify(failureFrom("127.77.0.101", "169.254.0.1"), dead(), directory()).outcome == Outcome::Failure));
}

BOOST_AUTO_TEST_CASE(an_undeclared_forwarder_is_not_to_become_a_trap_source) {
    const auto verdict = classify(failureFrom("10.9.9.9", "127.77.0.102"), dead(), directory());
    BOOST_TEST((verdict.outcome == Outcome::UnknownServer));
    BOOST_TEST(verdict.server.empty());
    BOOST_TEST(says(verdict.reason, "'trap_forwarders: [10.9.9.9]'"), verdict.reason);
    BOOST_TEST(says(verdict.reason, "do not add 10.9.9.9 to any server's trap_sources"));
}

BOOST_AUTO_TEST_CASE(a_declared_forwarders_trap_concerns_the_server_that_its_content_names) {
    auto servers = directory();
    BOOST_TEST(servers.addForwarder("10.9.9.9").has_value());
    BOOST_TEST(!servers.addForwarder("127.77.0.101"));
    const auto serverOf = [&](const Trap& given) { return classify(given, dead(), servers).server.text(); };
    BOOST_TEST(serverOf(failureFrom("10.9.9.9", "127.77.0.102")) == "server02");
    auto by_serial = failureFrom("10.9.9.9");
    by_serial.varbinds = {octets("1.3.6.1.4.1.9.7", "ABC1234")};
    BOOST_TEST(serverOf(by_serial) == "server04");
    auto by_guid = failureFrom("10.9.9.9");
    by_guid.varbinds = {
        octets("1.3.6.1.4.1.3183.1.1.1",
               std::string("\x4c\x4c\x45\x44\x00\x4b\x10\x10\x80\x4b\xc3\xc0\x4f\x4d\x4c\x31\x00\x01", 18))};
    BOOST_TEST(serverOf(by_guid) == "server03");

    const auto silent = classify(failureFrom("10.9.9.9"), dead(), servers);
    BOOST_TEST((silent.outcome == Outcome::UnknownServer));
    BOOST_TEST(says(silent.reason, "forwarder 10.9.9.9 does not say of which server it is"));
    by_serial.agent_address = "127.77.0.102";
    const auto both = classify(by_serial, dead(), servers);
    BOOST_TEST((both.refusal == RefusalKind::Contradiction));
    BOOST_TEST(says(both.reason, "'server02'"));
    BOOST_TEST(says(both.reason, "'server04'"));
}

BOOST_AUTO_TEST_CASE(a_forwarders_credentials_are_bound_too) {
    auto servers = bound();
    BOOST_TEST(servers.addForwarder("10.9.9.9").has_value());
    auto made = authenticated("bmc", "0x80000c6f01", "10.9.9.9");
    made.agent_address = "127.77.0.102";
    BOOST_TEST((classify(made, dead(), servers).refusal == RefusalKind::Binding));
    made.agent_address = "127.77.0.101";
    BOOST_TEST((classify(made, dead(), servers).outcome == Outcome::Failure));
}

BOOST_AUTO_TEST_SUITE_END()
