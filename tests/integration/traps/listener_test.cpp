// v1 and v2c traps and informs of net-snmp's own senders.
#include <boost/test/unit_test.hpp>

#include "listening.hpp"
#include "trap_bytes.hpp"

using namespace standin::traps;
using standin::base::ErrorCode;
using testing::Listening;

BOOST_AUTO_TEST_SUITE(listener)

BOOST_AUTO_TEST_CASE(a_v1_trap_arrives_with_its_oid_mapped_as_rfc_3584_says) {
    Listening at;
    const auto before = std::chrono::system_clock::now();
    at.run({"snmptrap", "--clientaddr=127.79.1.5", "-v", "1", "-c", "standin-test", at.target(), "1.3.6.1.4.1.3183.1.1",
            "10.1.2.3", "6", "487169", "4711", "1.3.6.1.4.1.3183.1.1.1", "x", "4445 4c4c"});
    const auto traps = at.await(1);
    BOOST_REQUIRE(traps.size() == 1U);
    const Trap& trap = traps[0];
    BOOST_TEST(trap.oid.text() == "1.3.6.1.4.1.3183.1.1.0.487169");
    BOOST_TEST(trap.enterprise.text() == "1.3.6.1.4.1.3183.1.1");
    BOOST_TEST((trap.version == SnmpVersion::V1));
    BOOST_TEST(trap.source == "127.79.1.5");
    BOOST_TEST(trap.agent_address == "10.1.2.3");
    BOOST_TEST(trap.uptime_cs == 4711U);
    BOOST_TEST(trap.varbinds.at(0).bytes == "DELL");
    BOOST_TEST(trap.refusal.empty());
    BOOST_TEST((trap.arrived_at >= before));
    BOOST_TEST((trap.arrived_at <= std::chrono::system_clock::now()));
    BOOST_TEST((trap.arrived_steady <= std::chrono::steady_clock::now()));
}

BOOST_AUTO_TEST_CASE(a_generic_v1_trap_is_one_of_snmpTraps) {
    Listening at;
    at.run({"snmptrap", "-v", "1", "-c", "standin-test", at.target(), "1.3.6.1.4.1.8072", "", "3", "0", ""});
    const auto traps = at.await(1);
    BOOST_REQUIRE(traps.size() == 1U);
    BOOST_TEST(traps[0].oid.text() == "1.3.6.1.6.3.1.1.5.4");
}

BOOST_AUTO_TEST_CASE(a_v2c_trap_arrives_with_every_kind_of_value) {
    Listening at;
    const std::string name = "1.3.6.1.4.1.9.";
    at.run({"snmptrap",
            "-v",
            "2c",
            "-c",
            "other",
            at.target(),
            "42",
            "1.3.6.1.4.1.9.1",
            name + "1",
            "i",
            "-5",
            name + "2",
            "u",
            "4000000000",
            name + "3",
            "c",
            "7",
            name + "4",
            "t",
            "8",
            name + "5",
            "s",
            "text",
            name + "6",
            "o",
            "1.3.6.1",
            name + "7",
            "a",
            "10.0.0.1",
            name + "8",
            "n",
            "",
            name + "9",
            "C",
            "12345678901234"});
    const auto traps = at.await(1);
    BOOST_REQUIRE(traps.size() == 1U);
    BOOST_TEST(traps[0].oid.text() == "1.3.6.1.4.1.9.1");
    BOOST_TEST(traps[0].uptime_cs == 42U);
    std::string texts;
    for (const auto& varbind : traps[0].varbinds)
        texts += std::string(nameOf(varbind.kind)) + "=" + varbind.text() + " ";
    BOOST_TEST(texts ==
               "integer=-5 unsigned=4000000000 counter=7 timeticks=8 octets=text oid=1.3.6.1 ip_address=10.0.0.1 null= "
               "counter64=12345678901234 ");
}

BOOST_AUTO_TEST_CASE(a_v2c_inform_is_acknowledged) {
    Listening at;
    const auto sent = at.run(
        {"snmpinform", "-v", "2c", "-c", "standin-test", "-r", "0", "-t", "5", at.target(), "1", "1.3.6.1.4.1.9.1"});
    BOOST_TEST(sent.exit_code == 0);
    BOOST_TEST(at.await(1).at(0).inform);
    BOOST_TEST(at.listener->counts().acknowledged == 1U);
}

BOOST_AUTO_TEST_CASE(a_trap_of_an_unknown_community_is_refused_and_an_inform_of_it_not_acknowledged) {
    Listening at;
    at.run({"snmptrap", "-v", "2c", "-c", "public", at.target(), "1", "1.3.6.1.4.1.9.1"});
    const auto inform =
        at.run({"snmpinform", "-v", "2c", "-c", "public", "-r", "0", "-t", "0.2", at.target(), "1", "1.3.6.1.4.1.9.1"});
    BOOST_TEST(inform.exit_code != 0);
    const auto traps = at.await(2);
    BOOST_REQUIRE(traps.size() == 2U);
    BOOST_TEST(traps[0].refusal == "refused: community");
    BOOST_TEST(traps[0].oid.text() == "1.3.6.1.4.1.9.1");
    BOOST_TEST(at.listener->counts().refused["community"] == 2U);
    BOOST_TEST(at.listener->counts().acknowledged == 0U);
}

BOOST_AUTO_TEST_CASE(a_question_is_no_trap) {
    Listening at;
    at.run({"snmpget", "-v", "2c", "-c", "standin-test", "-r", "0", "-t", "0.2", at.target(), "1.3.6.1.2.1.1.1.0"});
    const auto traps = at.await(1);
    BOOST_REQUIRE(traps.size() == 1U);
    BOOST_TEST(traps[0].refusal.find("neither trap nor inform") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(several_addresses_are_listened_on_at_once) {
    Listening at({}, {"127.79.1.1", "127.79.1.2", "::1"});
    for (const auto& [host, port] : at.listener->addresses()) {
        const auto target =
            host == "::1" ? "udp6:[::1]:" + std::to_string(port) : "udp:" + host + ":" + std::to_string(port);
        const auto sent = at.run({"snmpinform", "-v", "2c", "-c", "standin-test", "-r", "0", "-t", "5", target, "1",
                                  "1.3.6.1.4.1.9." + std::to_string(port)});
        BOOST_TEST(sent.exit_code == 0, target);
    }
    BOOST_TEST(at.await(3).size() == 3U);
}

BOOST_AUTO_TEST_CASE(what_nobody_authenticates_is_refused_unless_it_is_allowed) {
    Listening at({}, {Listening::host}, {}, "/nonexistent", false);
    for (const auto* version : {"1", "2c"}) {
        std::vector<std::string> words{"snmptrap", "-v", version, "-c", "standin-test", at.target()};
        const bool first = version == std::string("1");
        const auto content = first ? std::vector<std::string>{"1.3.6.1.4.1.9", "127.0.0.1", "6", "1", "1"}
                                   : std::vector<std::string>{"1", "1.3.6.1.4.1.9.1"};
        words.insert(words.end(), content.begin(), content.end());
        at.run(words);
    }
    const auto traps = at.await(2);
    BOOST_REQUIRE(traps.size() == 2U);
    for (const auto& trap : traps) BOOST_TEST((trap.refusal_kind == RefusalKind::Unauthenticated), trap.refusal);
}

BOOST_AUTO_TEST_CASE(who_guesses_communities_is_slowed_and_does_not_silence_the_bmc) {
    ServerDirectory servers;
    BOOST_TEST(servers.addAddress(standin::base::ServerName("server01"), "127.79.2.1").has_value());
    BOOST_TEST(servers.addAddress(standin::base::ServerName("server02"), "127.79.2.2").has_value());
    Listening at({}, {Listening::host}, servers);
    std::uint32_t number = 0;
    const auto sends = [&](const std::string& source, const std::string& community) {
        testing::TrapText text;
        text.community = community;
        text.trap_oid = {1, 3, 6, 1, 4, 1, 9, ++number};  // equal ones would be counted on one
        testing::sendFrom(source, at, testing::encode(text));
    };
    sends("127.79.2.1", "standin-test");
    for (int i = 0; i < 30; ++i) sends("127.79.2.1", "guess" + std::to_string(i));
    for (int i = 0; i < 30; ++i) sends("127.79.2.2", "guess" + std::to_string(i));
    sends("127.79.2.2", "standin-test");  // at last it is right
    sends("127.79.2.1", "standin-test");
    const auto traps = at.await(63);
    BOOST_REQUIRE(traps.size() == 63U);
    BOOST_TEST(traps[0].community == "/secrets/communities");
    BOOST_TEST((traps[1].refusal_kind == RefusalKind::Community));
    BOOST_TEST((traps[30].refusal_kind == RefusalKind::Guessing));
    BOOST_TEST((traps[61].refusal_kind == RefusalKind::Guessing), traps[61].refusal);
    BOOST_TEST(traps[62].refusal == "");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_taken_or_not_ours_is_told) {
    Listening at;
    TrapQueue queue;
    TrapListener second(
        {.listen = {{"127.79.1.1", at.port()}}, .communities = {}, .users = {}, .engine_state_file = "/tmp/unused"},
        at.servers, at.seen, queue, testing::system_clock, standin::base::Log("traps", [](auto, auto) {}));
    BOOST_TEST(!second.start());  // one at a time in a process
    const auto taken = TrapSocket::open({"127.79.1.1", at.port()}, 1 << 20);
    BOOST_REQUIRE(!taken);
    BOOST_TEST(taken.error().message.find("another program") != std::string::npos);
    BOOST_TEST(!TrapSocket::open({"192.0.2.1", 0}, 1 << 20));
    BOOST_TEST((TrapSocket::open({"localhost", 0}, 1 << 20).error().code == ErrorCode::InvalidInput));
}

BOOST_AUTO_TEST_CASE(a_listener_can_be_started_again_after_it_was_stopped) {
    Listening at;
    at.listener->stop();
    BOOST_TEST(at.listener->start().has_value());
    at.run({"snmptrap", "-v", "2c", "-c", "standin-test", at.target(), "1", "1.3.6.1.4.1.9.1"});
    BOOST_TEST(at.await(1).size() == 1U);
}

BOOST_AUTO_TEST_CASE(health_is_good_while_nothing_was_dropped) {
    Listening at;
    for (const auto& check : at.listener->checks()) {
        if (check.name == "traps_received") BOOST_TEST(check.ok, check.detail);
        BOOST_TEST(check.ok == check.cure.empty());
    }
}

BOOST_AUTO_TEST_CASE(an_inform_is_acknowledged_when_it_is_durable_and_not_before) {
    Listening at;
    at.fillDisk();
    const std::vector<std::string> inform{"snmpinform", "-v", "2c", "-c", "standin-test", "-r", "0", "-t"};
    const auto once = [&](const std::string& patience) {
        auto command = inform;
        command.insert(command.end(), {patience, at.target(), "1", "1.3.6.1.4.1.9.1"});
        return at.run(command).exit_code;
    };
    BOOST_TEST(once("0.3") != 0);
    BOOST_TEST(at.await(1).size() == 1U);
    BOOST_TEST(at.listener->counts().acknowledged == 0U);
    at.makeDurable();  // also what was given up by its sender: it does no harm
    BOOST_TEST(once("5") == 0);
}

BOOST_AUTO_TEST_CASE(an_inform_whose_sender_waits_is_acknowledged_as_soon_as_it_is_durable) {
    Listening at;
    at.fillDisk();
    std::thread disk([&] {
        at.await(1);
        at.makeDurable();
    });
    const auto sent = at.run(
        {"snmpinform", "-v", "2c", "-c", "standin-test", "-r", "0", "-t", "9", at.target(), "1", "1.3.6.1.4.1.9.1"});
    disk.join();
    BOOST_TEST(sent.exit_code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
