// Whose traps are believed: `traps`.
#include "tests/unit/coordinator_config/configuration_text.hpp"

namespace standin::config {

BOOST_AUTO_TEST_CASE(communities_need_consent_in_so_many_words) {
    const Reading silent(with("  allow_unauthenticated_traps: true\n", ""));
    BOOST_TEST(silent.onlyProblem().find("traps.allow_unauthenticated_traps: is not set") != std::string::npos);
    BOOST_TEST(silent.onlyProblem().find("'allow_unauthenticated_traps: true' under 'traps'") != std::string::npos);
    const Reading v3_only(with("  allow_unauthenticated_traps: true\n  communities_file: /secrets/communities\n", ""));
    BOOST_REQUIRE(v3_only.configuration.has_value());
    BOOST_TEST(!v3_only.configuration->traps.allow_unauthenticated);
}

BOOST_AUTO_TEST_CASE(credentials_say_for_which_servers_they_speak) {
    const Reading reading(with("  users:\n", "  communities: [{file: /secrets/own, servers: [server01]}]\n  users:\n"));
    BOOST_REQUIRE(reading.configuration.has_value());
    const auto& traps = reading.configuration->traps;
    BOOST_TEST(traps.users.at(0).speaks_for.servers.at(0).text() == "server01");
    BOOST_TEST(!traps.users.at(0).speaks_for.every_server);
    BOOST_TEST(traps.communities.at(0).speaks_for.servers.at(0).text() == "server01");
    const auto problemOf = [](const std::string& servers) {
        return Reading(with(", servers: [server01]}", servers + "}")).onlyProblem();
    };
    BOOST_TEST(problemOf("").find("traps.users[0].servers: is missing") != std::string::npos);
    BOOST_TEST(problemOf("").find("'servers: [SERVER]'") != std::string::npos);
    BOOST_TEST(problemOf(", servers: [server9]").find("there is no server 'server9'") != std::string::npos);
    BOOST_TEST(problemOf(", servers: [all, server01]").find("give either") != std::string::npos);
    const Reading all(with(", servers: [server01]}", ", servers: [all]}"));
    BOOST_TEST(all.configuration.value().traps.users.at(0).speaks_for.every_server);
}

BOOST_AUTO_TEST_CASE(a_forwarder_is_no_servers_own_address) {
    const auto declared = [](const std::string& addresses) {
        return Reading(with("  users:\n", "  trap_forwarders: [" + addresses + "]\n  users:\n"));
    };
    BOOST_TEST(
        (declared("'::ffff:10.9.9.9'").configuration.value().traps.forwarders == std::vector<std::string>{"10.9.9.9"}));
    BOOST_TEST(declared("fwd").onlyProblem().find("'fwd' is not an IP address") != std::string::npos);
    BOOST_TEST(declared("127.77.0.101").onlyProblem().find("among the trap_sources of server 'server01'") !=
               std::string::npos);
    BOOST_TEST(!declared("10.9.9.9, 10.9.9.9").configuration);
}

BOOST_AUTO_TEST_CASE(trap_tests_come_daily_unless_it_is_said_otherwise) {
    const auto every = [](const std::string& text) {
        return Reading(with("  users:\n", "  test_every: " + text + "\n  users:\n"));
    };
    BOOST_TEST((Reading(good).configuration.value().traps.test_every == std::chrono::hours(24)));
    BOOST_TEST((every("0s").configuration.value().traps.test_every == std::chrono::hours(0)));
    BOOST_TEST(!every("1s").configuration);
}

}  // namespace standin::config
