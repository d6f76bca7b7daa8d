// SNMPv3: traps of a sender's engine, informs to ours, and what must not be believed.
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "listening.hpp"

using namespace standin::traps;
using testing::Listening;

namespace {

const std::string bmc_engine = "0x80001f8880a1b2c3d4e5f60718";
const std::string other_engine = "0x80001f8880ffffffffffffffff";

std::vector<SnmpUser> users() {
    return {{"bmc", bmc_engine, "SHA-256", "an authentication secret", "AES", "a privacy \"secret\" \\"},
            {"second", "", "SHA", "second secret", "", ""}};
}

std::vector<std::string> command(const std::string& program, const std::string& engine, const std::string& level,
                                 const std::string& user = "bmc",
                                 const std::string& authentication = "an authentication secret",
                                 const std::string& privacy = "a privacy \"secret\" \\") {
    std::vector<std::string> words{program, "-v", "3", "-r", "0", "-t", "3", "-u", user, "-l", level};
    if (!engine.empty()) words.insert(words.end(), {"-e", engine});
    if (level != "noAuthNoPriv")
        words.insert(words.end(), {"-a", user == "second" ? "SHA" : "SHA-256", "-A", authentication});
    if (level == "authPriv") words.insert(words.end(), {"-x", "AES", "-X", privacy});
    return words;
}

std::vector<std::string> with(std::vector<std::string> words, const Listening& at) {
    words.insert(words.end(), {at.target(), "1", "1.3.6.1.4.1.9.1", "1.3.6.1.4.1.9.2", "s", "secret text"});
    return words;
}

std::string refusalOf(Listening& at, const std::vector<std::string>& words) {
    at.run(with(words, at));
    const auto traps = at.await(1);
    return traps.empty() ? "nothing arrived" : traps.back().refusal;
}

/// The bytes of an authentic trap of the user 'bmc', which reached nobody.
std::string capturedTrap() {
    const testing::Capture capture;
    Listening environment(users());
    auto words = command("snmptrap", bmc_engine, "authPriv");
    words.insert(words.end(), {capture.target(), "1", "1.3.6.1.4.1.9.1", "1.3.6.1.4.1.9.2", "s", "secret text"});
    environment.run(words);
    return capture.datagram();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(version3)

BOOST_AUTO_TEST_CASE(an_authenticated_and_encrypted_trap_of_a_configured_engine_is_believed) {
    Listening at(users());
    at.run(with(command("snmptrap", bmc_engine, "authPriv"), at));
    const auto traps = at.await(1);
    BOOST_REQUIRE(traps.size() == 1U);
    BOOST_TEST(traps[0].refusal == "");
    BOOST_TEST(traps[0].principal == "bmc");
    BOOST_TEST((traps[0].version == SnmpVersion::V3));
    BOOST_TEST(traps[0].varbinds.at(0).text() == "secret text");
}

BOOST_AUTO_TEST_CASE(an_inform_is_authenticated_against_our_own_engine_and_acknowledged) {
    Listening at(users());
    for (const auto* user : {"bmc", "second"}) {
        const auto words = user == std::string("bmc") ? command("snmpinform", "", "authPriv")
                                                      : command("snmpinform", "", "authNoPriv", user, "second secret");
        const auto sent = at.run(with(words, at));
        BOOST_TEST(sent.exit_code == 0, sent.errors);
    }
    const auto traps = at.await(2);
    BOOST_REQUIRE(traps.size() == 2U);
    BOOST_TEST(traps[1].inform);
    BOOST_TEST(traps[1].principal == "second");
    BOOST_TEST(at.listener->counts().acknowledged == 2U);
    BOOST_TEST(at.listener->counts().discoveries >= 1U);
    BOOST_TEST(at.listener->counts().refused.empty());
}

BOOST_AUTO_TEST_CASE(a_trap_of_another_engine_is_refused) {
    Listening at(users());
    BOOST_TEST(refusalOf(at, command("snmptrap", other_engine, "authPriv")).find("engine id") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_unknown_user_is_refused) {
    Listening at(users());
    BOOST_TEST(refusalOf(at, command("snmptrap", bmc_engine, "authPriv", "mallory"))
                   .starts_with("refused: no such SNMP user"));
}

BOOST_AUTO_TEST_CASE(a_wrong_authentication_secret_is_refused) {
    Listening at(users());
    BOOST_TEST(refusalOf(at, command("snmptrap", bmc_engine, "authPriv", "bmc", "another secret"))
                   .starts_with("refused: wrong digest"));
}

BOOST_AUTO_TEST_CASE(a_wrong_privacy_secret_is_refused) {
    Listening at(users());
    const auto refusal =
        refusalOf(at, command("snmptrap", bmc_engine, "authPriv", "bmc", "an authentication secret", "another secret"));
    BOOST_TEST(refusal.starts_with("refused: cannot be decrypted"), refusal);
}

BOOST_AUTO_TEST_CASE(a_known_name_without_authentication_or_encryption_is_refused) {
    {
        Listening at(users());
        BOOST_TEST(
            refusalOf(at, command("snmptrap", bmc_engine, "noAuthNoPriv")).starts_with("refused: less protected"));
    }
    Listening at(users());
    BOOST_TEST(refusalOf(at, command("snmptrap", bmc_engine, "authNoPriv")).starts_with("refused: less protected"));
}

BOOST_AUTO_TEST_CASE(a_wrong_inform_is_not_acknowledged) {
    Listening at(users());
    BOOST_TEST(at.run(with(command("snmpinform", "", "authPriv", "bmc", "another secret"), at)).exit_code != 0);
    BOOST_TEST(at.listener->counts().acknowledged == 0U);
}

BOOST_AUTO_TEST_CASE(our_engine_keeps_its_id_and_counts_its_starts) {
    std::string pattern = "/tmp/standin-engine-XXXXXX";
    const std::filesystem::path directory = mkdtemp(pattern.data());
    const std::string file = directory / "engine";
    std::string id;
    for (std::uint32_t start = 1; start <= 3; ++start) {
        const auto engine = SnmpEngine::start(file, users()).value();
        if (id.empty()) id = engine->id();
        BOOST_TEST(engine->id() == id);
        BOOST_TEST(engine->boots() == start);
        BOOST_TEST(!SnmpEngine::start(file, {}));  // the library's state is global
    }
    std::ofstream(file) << "garbage";
    BOOST_TEST((SnmpEngine::start(file, {}).error().code == standin::base::ErrorCode::Corrupt));
    std::ofstream(file) << id << " 2147483647\n";
    BOOST_TEST(!SnmpEngine::start(file, {}));
    std::filesystem::remove_all(directory);
}

BOOST_AUTO_TEST_CASE(a_user_that_cannot_work_is_told) {
    std::string pattern = "/tmp/standin-engine-XXXXXX";
    const std::filesystem::path directory = mkdtemp(pattern.data());
    const auto complaint = [&](const SnmpUser& user) {
        const auto engine = SnmpEngine::start(directory / "engine", {user});
        return engine ? std::string() : engine.error().message;
    };
    BOOST_TEST(complaint({"a", bmc_engine, "SHA", "short", "", ""}).find("at least 8") != std::string::npos);
    BOOST_TEST(complaint({"a", "0x80", "SHA", "long enough", "", ""}).find("engine id") != std::string::npos);
    BOOST_TEST(complaint({"a", "8000", "SHA", "long enough", "", ""}).find("engine id") != std::string::npos);
    BOOST_TEST(complaint({"a", bmc_engine, "ROT13", "long enough", "", ""}).find("ROT13") != std::string::npos);
    BOOST_TEST(complaint({"a", bmc_engine, "SHA", "long enough", "XOR", "long enough"}).find("XOR") !=
               std::string::npos);
    BOOST_TEST(complaint({"a", bmc_engine, "SHA", "long enough", "AES", "long enough"}) == "");
    std::filesystem::remove_all(directory);
}

BOOST_AUTO_TEST_CASE(an_inform_that_became_durable_later_is_answered_by_the_same_user) {
    Listening at(users());
    at.fillDisk();
    std::thread disk([&] {
        at.await(1);
        at.makeDurable();
    });
    const auto sent = at.run(with(command("snmpinform", "", "authPriv"), at));
    disk.join();
    BOOST_TEST(sent.exit_code == 0, sent.errors);
    BOOST_TEST(at.listener->counts().acknowledged == 1U);
}

BOOST_AUTO_TEST_CASE(a_captured_trap_starts_nothing_from_wherever_it_is_sent_again) {
    constexpr int senders = 200;
    ServerDirectory servers;
    BOOST_TEST(servers.addAddress(standin::base::ServerName("server0"), "127.79.2.0").has_value());
    for (int i = 1; i < senders; ++i) {
        BOOST_REQUIRE(servers.addAddress(standin::base::ServerName("server" + std::to_string(i)),
                                         "127.79.2." + std::to_string(i)));
    }
    servers.entitleUser("bmc", bmc_engine, {false, {standin::base::ServerName("server0")}});
    const auto captured = capturedTrap();
    Listening at(users(), {Listening::host}, servers);
    for (int i = 1; i < senders; ++i) testing::sendFrom("127.79.2." + std::to_string(i), at, captured);
    BOOST_REQUIRE(at.await(senders - 1).size() == static_cast<std::size_t>(senders - 1));
    // The copies did not use up the message: its sender itself is believed, once.
    testing::sendFrom("127.79.2.0", at, captured);
    at.await(senders);
    testing::sendFrom("127.79.2.0", at, captured);
    const auto traps = at.await(senders + 1);
    BOOST_REQUIRE(traps.size() == static_cast<std::size_t>(senders + 1));
    for (int i = 0; i < senders - 1; ++i) BOOST_TEST((traps[i].refusal_kind == RefusalKind::Binding), traps[i].refusal);
    BOOST_TEST(traps[0].refusal.starts_with("refused: user 'bmc' of engine " + bmc_engine +
                                            " does not speak for server 'server1'"));
    BOOST_TEST(traps[senders - 1].refusal == "");
    BOOST_TEST(traps[senders - 1].messages.size() == 1U);
    BOOST_TEST((traps[senders].refusal_kind == RefusalKind::Replay));
}

BOOST_AUTO_TEST_CASE(a_captured_trap_is_refused_after_a_restart_too) {
    std::string pattern = "/tmp/standin-seen-XXXXXX";
    const std::filesystem::path directory = mkdtemp(pattern.data());
    const auto captured = capturedTrap();
    for (int start = 1; start <= 2; ++start) {
        Listening at(users(), {Listening::host}, {}, directory / "trap_senders.json");
        testing::sendFrom("127.79.2.1", at, captured);
        const auto traps = at.await(1);
        BOOST_REQUIRE(traps.size() == 1U);
        BOOST_TEST((traps[0].refusal_kind == (start == 1 ? RefusalKind::None : RefusalKind::Replay)));
        BOOST_TEST(at.seen.save().has_value());
    }
    std::filesystem::remove_all(directory);
}

BOOST_AUTO_TEST_CASE(a_refused_sender_is_told_by_engine_and_user) {
    Listening at(users());
    at.run(with(command("snmptrap", other_engine, "authPriv"), at));
    const auto traps = at.await(1);
    BOOST_REQUIRE(traps.size() == 1U);
    BOOST_TEST((traps[0].refusal_kind == RefusalKind::Engine || traps[0].refusal_kind == RefusalKind::User));
    BOOST_TEST(traps[0].engine_id == other_engine);
    BOOST_TEST(traps[0].principal == "bmc");
}

BOOST_AUTO_TEST_SUITE_END()
