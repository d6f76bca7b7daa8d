#include "coordinator/traps/trap_file.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "agent/base/durable_file.hpp"
#include "coordinator/traps/trap_json.hpp"
#include "trap_builder.hpp"

using namespace standin::traps;
using namespace standin::traps::testing;

namespace {

/// `snmptrapd -f -Lo` and `snmptrapd -f -Lo -On` of net-snmp 5.9.3.
const std::string as_names =
    "NET-SNMP version 5.9.3\n"
    "2026-11-23 09:04:47 localhost [UDP: [127.0.0.1]:51559->[127.0.0.1]:16299]:\n"
    "iso.3.6.1.2.1.1.3.0 = Timeticks: (12345) 0:02:03.45\tiso.3.6.1.6.3.1.1.4.1.0 = OID: "
    "SNMPv2-SMI::enterprises.3183.1.1.0.487169\tiso.3.6.1.4.1.3183.1.1.1 = Hex-STRING: 4C 4C 45 44 00 4B 35 10 80 4A "
    "B9 C0 4F 4B 4D 32 \n"
    "00 17 00 6F \tiso.3.6.1.4.1.674.1 = STRING: \"a \\\"quoted\\\"\ttab and\n"
    "newline\"\tiso.3.6.1.4.1.674.2 = INTEGER: -5\tiso.3.6.1.4.1.674.3 = Counter32: 7\tiso.3.6.1.4.1.674.4 = Gauge32: "
    "8\t"
    "iso.3.6.1.4.1.674.5 = IpAddress: 10.0.0.1\tiso.3.6.1.4.1.674.6 = OID: iso.3.6.1.2.1.1\t"
    "iso.3.6.1.4.1.674.7 = Timeticks: (99) 0:00:00.99\tiso.3.6.1.4.1.674.8 = NULL\t"
    "iso.3.6.1.4.1.674.9 = Counter64: 123456789012\tiso.3.6.1.4.1.674.10 = \"\"\n"
    "2026-11-23 09:04:47 10.1.2.3 [10.1.2.3] (via UDP: [127.0.0.9]:39160->[127.0.0.1]:16299) TRAP, SNMP v1, community "
    "public\n"
    "\tiso.3.6.1.4.1.3183.1.1 Enterprise Specific Trap (487169) Uptime: 0:00:07.77\n"
    "\tiso.3.6.1.4.1.674.1 = STRING: \"hello\"\tiso.3.6.1.4.1.674.2 = INTEGER: up(3)\n"
    "2026-11-23 09:04:47 10.1.2.3 [10.1.2.3] (via UDP: [127.0.0.1]:47037->[127.0.0.1]:16299) TRAP, SNMP v1, community "
    "public\n"
    "\tiso.3.6.1.4.1.3183.1.1 Cold Start Trap (0) Uptime: 0:00:07.77\n"
    "\n"
    "2026-11-23 09:04:47 NET-SNMP version 5.9.3 Stopped.\n"
    "Stopping snmptrapd\n";
const std::string as_numbers =
    "2026-11-23 09:04:47 localhost [UDP: [127.0.0.1]:36582->[127.0.0.1]:16300]:\n"
    ".1.3.6.1.2.1.1.3.0 = Timeticks: (1437731) 3:59:37.31\t.1.3.6.1.6.3.1.1.4.1.0 = OID: .1.3.6.1.6.3.1.1.5.3\t"
    ".1.3.6.1.2.1.2.2.1.8.2 = INTEGER: 2\n";

std::string bytesOf(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

/// What snmptrap sent.
const std::string datagram_v2c = bytesOf(
    "306c02010104067075626c6963a75f02044881b06b0201000201003051300e06082b0601020101030043023039301b060a2b06010603010104"
    "0100060d2b0601"
    "0401986f0101009dde013013060a2b06010401986f01010104054c4c4544ff300d06082b060104018522020201fb");
const std::string datagram_v1 = bytesOf(
    "303f02010004067075626c6963a43206092b06010401986f010140040a0102030201060203076f01430203093013301106082b060104018522"
    "01040568656c6c6f");
const std::string datagram_v3 = bytesOf(
    "3081890201033011020420e54004020300ffe3040100020103041d301b04088000000001020304020101020316e18e0403626d630400040030"
    "520411"
    "80001f8880e456694dadd8036b000000000400a73b020478148f1e020100020100302d300e06082b0601020101030043023039301b060a2b06"
    "01060301"
    "01040100060d2b06010401986f0101009dde01");

/// Of user ada at engine 0x8000000001020304.
const std::string datagram_encrypted = bytesOf(
    "30819e0201033011020475ac1082020300ffe30401030201030431302f0408800000000102030402010102030af06e0403616461040cd11323"
    "6aef0223945329197404088ebeabd2f82e0ffb0453b7fa0aab784f2a3cd52cfcfbcb2a45a96eed5b6b0d89f9f1d2061ed1bb6e207323bcfa40"
    "887b3e0de54f2dd826c444b43365313e738888ed38dbd684b38f259f36352bd995a604ad6a348c11acf591d0398f70");
const std::string datagram_authenticated = bytesOf(
    "3081940201033011020418e7e115020300ffe3040101020103042930270408800000000102030402010102030af0710403616461040caa7b9e"
    "d50b77e0acfdc68b2804003051041180001f88809d82464ceba50e6b000000000400a73a02047b9277a7020100020100302c300d06082b0601"
    "020101030043014d301b060a2b060106030101040100060d2b06010401986f0101009dde00");
const SnmpUser ada{"ada", "0x8000000001020304", "SHA", "the right secret", "AES", "the other secret"};

Trap readWith(const SnmpUser& user, const std::string& datagram) {
    return readTraps(datagram, [&] { return SnmpKeys{"", {user}}; }).value().traps.at(0);
}

std::string problemOf(const std::string& content) {
    auto traps = readTraps(content);
    return traps ? "none" : traps.error().message;
}

/// A text as somebody had it.
ReadTraps caseText(const std::string& name) {
    return readTraps(standin::base::readWhole(std::string(STANDIN_TRAP_CASES) + "/" + name).value()).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trap_files)

BOOST_AUTO_TEST_CASE(what_snmptrapd_prints_is_read_with_every_kind_of_value) {
    const auto traps = readTraps(as_names).value().traps;
    BOOST_REQUIRE(traps.size() == 3U);
    const Trap& trap = traps[0];
    BOOST_TEST(trap.source == "127.0.0.1");
    BOOST_TEST(trap.oid.text() == "1.3.6.1.4.1.3183.1.1.0.487169");
    BOOST_TEST(trap.uptime_cs == 12345U);
    BOOST_REQUIRE(trap.varbinds.size() == 11U);
    BOOST_TEST(trap.varbinds[0].bytes == bytesOf("4C4C4544004B3510804AB9C04F4B4D320017006F"));
    BOOST_TEST(trap.varbinds[1].text() == "a \"quoted\"\ttab and\nnewline");
    const std::vector<std::string> rest{"-5", "7", "8", "10.0.0.1", "1.3.6.1.2.1.1", "99", "", "123456789012", ""};
    for (std::size_t i = 0; i < rest.size(); ++i) BOOST_TEST(trap.varbinds[i + 2].text() == rest[i]);
    BOOST_TEST((trap.varbinds[5].kind == ValueKind::IpAddress));
}

BOOST_AUTO_TEST_CASE(a_printed_trap_of_version_1_has_the_oid_that_the_listener_would_give_it) {
    const auto traps = readTraps(as_names).value().traps;
    BOOST_TEST(traps.at(1).oid.text() == "1.3.6.1.4.1.3183.1.1.0.487169");
    BOOST_TEST(traps.at(1).source == "127.0.0.9");
    BOOST_TEST(traps.at(1).agent_address == "10.1.2.3");
    BOOST_TEST(traps.at(1).varbinds.at(1).number.value() == 3);
    BOOST_TEST(traps.at(2).oid.text() == "1.3.6.1.6.3.1.1.5.1");
}

BOOST_AUTO_TEST_CASE(numbers_are_read_as_well_as_names) {
    const auto trap = readTraps(as_numbers).value().traps.at(0);
    BOOST_TEST(trap.oid.text() == "1.3.6.1.6.3.1.1.5.3");
    BOOST_TEST(trap.varbinds.at(0).oid.text() == "1.3.6.1.2.1.2.2.1.8.2");
}

BOOST_AUTO_TEST_CASE(values_without_their_head_are_a_trap_of_an_unknown_sender) {
    const auto trap = readTraps(as_numbers.substr(as_numbers.find('\n') + 1)).value().traps.at(0);
    BOOST_TEST(trap.source.empty());
    BOOST_TEST(trap.oid.text() == "1.3.6.1.6.3.1.1.5.3");
}

BOOST_AUTO_TEST_CASE(what_a_text_lacks_is_told_with_line_and_column) {
    const std::string head = "x [UDP: [127.0.0.1]:1->[127.0.0.1]:2]:\n";
    BOOST_TEST(problemOf(head + ".1.3.6.1.6.3.1.1.4.1.0 = OID: DELL-MIB::alert.3\n") ==
               "2:31: 'DELL-MIB::alert' is a MIB's name, and no MIB is read here: let snmptrapd print numbers (-On)");
    BOOST_TEST(problemOf(head + ".1.3.6.1.6.3.1.1.4.1.0 = OID: .1.3.6.1\t.1.3.6.1.2 = 5\n") ==
               "2:53: '5' has no type that is known: let snmptrapd print types (without -OQ, -Oq, -Ov)");
    BOOST_TEST(
        problemOf(head + ".1.3.6.1.6.3.1.1.4.1.0 = OID: .1.3.6.1\t.1.3.6.1.2 = STRING: \"abc\n").rfind("2:", 0) == 0U);
    BOOST_TEST(problemOf(head + ".1.3.6.1.2.1.1.3.0 = Timeticks: (5) 0\n").find("snmpTrapOID.0") != std::string::npos);
    BOOST_TEST(problemOf("good morning").find("neither JSON") != std::string::npos);
    BOOST_TEST(problemOf(" \n").find("nothing in it") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_datagram_says_what_the_listener_would_hear) {
    const auto v2c = readTraps(datagram_v2c).value().traps.at(0);
    BOOST_TEST(v2c.oid.text() == "1.3.6.1.4.1.3183.1.1.0.487169");
    BOOST_TEST(v2c.uptime_cs == 12345U);
    BOOST_TEST(v2c.varbinds.at(0).bytes == bytesOf("4c4c4544ff"));
    BOOST_TEST(v2c.varbinds.at(1).number.value() == -5);
    const auto v1 = readTraps(datagram_v1).value().traps.at(0);
    BOOST_TEST(v1.oid.text() == "1.3.6.1.4.1.3183.1.1.0.487169");
    BOOST_TEST(v1.agent_address == "10.1.2.3");
    BOOST_TEST(v1.varbinds.at(0).text() == "hello");
}

BOOST_AUTO_TEST_CASE(a_datagram_of_version_3_is_refused_with_where_to_look_instead) {
    BOOST_TEST(problemOf(datagram_v3).find("standinctl trap list") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_datagram_of_version_3_is_read_with_the_secrets_of_its_user) {
    for (int i = 0; i < 2; ++i) {  // a second one is not taken for a replay of the first
        const auto trap = readWith(ada, datagram_encrypted);
        BOOST_TEST(trap.refusal == "");
        BOOST_TEST(trap.principal == "ada");
        BOOST_TEST((trap.version == SnmpVersion::V3));
        BOOST_TEST(trap.oid.text() == "1.3.6.1.4.1.3183.1.1.0.487168");
    }
}

BOOST_AUTO_TEST_CASE(a_datagram_of_version_3_that_the_coordinator_would_refuse_is_refused_for_the_same_reason) {
    const auto refusal = [](const SnmpUser& user, const std::string& datagram) {
        return readWith(user, datagram).refusal;
    };
    auto other = ada;
    other.authentication_secret = "another secret";
    BOOST_TEST(refusal(other, datagram_encrypted).find("wrong digest") != std::string::npos);
    other = ada;
    other.privacy_secret = "not that secret";
    BOOST_TEST(refusal(other, datagram_encrypted).find("privacy secret") != std::string::npos);
    other = ada;
    other.name = "bob";
    BOOST_TEST(refusal(other, datagram_encrypted).find("no such SNMP user") != std::string::npos);
    other = ada;
    other.engine_id = "0x8000000001020305";
    BOOST_TEST(refusal(other, datagram_encrypted).find("engine id") != std::string::npos);
    BOOST_TEST(refusal(ada, datagram_authenticated).find("less protected") != std::string::npos);
    for (std::size_t i = 0; i < datagram_encrypted.size(); ++i) {
        auto broken = datagram_encrypted;
        broken[i] = static_cast<char>(~broken[i]);
        const auto read = readTraps(broken, [] { return SnmpKeys{"", {ada}}; });
        BOOST_TEST((!read || !read->traps.at(0).refusal.empty() || i >= 2));
    }
}

BOOST_AUTO_TEST_CASE(a_broken_datagram_is_told_by_the_byte_and_never_harms) {
    auto broken = datagram_v2c;
    broken[6] = '\x7f';  // the community claims more than there is
    BOOST_TEST(problemOf(broken) == "byte 5: the element of type 0x04 claims 127 bytes where 103 are left");
    for (std::size_t size = 4; size < datagram_v2c.size(); ++size) {
        BOOST_TEST(problemOf(datagram_v2c.substr(0, size)) != "none");
    }
    for (std::size_t i = 0; i < datagram_v2c.size(); ++i) {
        for (const char other : {'\x00', '\x30', '\x7f', '\x80', '\x84', '\xff'}) {
            auto changed = datagram_v2c;
            changed[i] = other;
            (void)problemOf(changed);  // whatever it says, it says it
        }
    }
}

BOOST_AUTO_TEST_CASE(json_is_read_as_the_coordinator_shows_it_alone_or_in_a_list) {
    TrapRecord record;
    record.trap = platformEvent(0x076f01);
    const auto shown = toJson(record);
    for (const auto& text :
         {shown.dump(), nlohmann::json{{"traps", {shown, shown}}}.dump(), nlohmann::json{{"trap", shown}}.dump()}) {
        BOOST_TEST(readTraps(text).value().traps.front().fingerprint() == record.trap.fingerprint());
    }
    BOOST_TEST(problemOf("{\"oid\": \"1.3.6.1\",\n \"source\" 5}").rfind("2:11: not valid JSON", 0) == 0U);
    BOOST_TEST(problemOf("{\"oid\": \"1.3.6.1\"}").find("trap 1 of 1") == 0U);
    BOOST_TEST(problemOf("{\"traps\": []}") == "the JSON names no trap");
}

BOOST_AUTO_TEST_CASE(a_text_is_read_as_syslog_and_the_journal_keep_it) {
    const auto omsa = caseText("x1.txt").traps.at(0);
    BOOST_TEST(omsa.oid.text() == "1.3.6.1.4.1.674.10892.1.0.1306");
    BOOST_TEST(omsa.source == "10.1.0.101");
    BOOST_TEST(omsa.varbinds.at(2).number.value() == 5);
    for (const auto* name : {"x1b.txt", "x2.txt", "x10.txt"}) {
        BOOST_TEST_CONTEXT(name) {
            const auto read = caseText(name);
            BOOST_TEST(read.unreadable.empty());
            BOOST_REQUIRE(read.traps.size() == 1U);
            BOOST_TEST(read.traps[0].oid.text() == "1.3.6.1.4.1.3183.1.1.0.487168");
            BOOST_TEST(read.traps[0].source == "10.1.0.101");
        }
    }
    BOOST_TEST(caseText("x10.txt").traps[0].varbinds.at(0).bytes == "RCMG");
    BOOST_TEST(caseText("x1b.txt").traps[0].varbinds.at(0).bytes == "DE");
}

BOOST_AUTO_TEST_CASE(behind_a_forwarder_a_text_says_who_sent_it_and_whom_it_speaks_of) {
    BOOST_TEST(caseText("f2.txt").traps.at(0).source == "10.9.9.9");
    BOOST_TEST(caseText("f2.txt").traps.at(0).agent_address == "10.1.0.102");
    BOOST_TEST(caseText("f3.txt").traps.at(0).source == "10.1.0.101");
    BOOST_TEST(caseText("f3.txt").traps.at(0).agent_address == "10.1.0.102");
}

BOOST_AUTO_TEST_CASE(an_unreadable_trap_is_told_with_its_line_and_the_others_are_read) {
    const auto read = caseText("x13.txt");
    BOOST_REQUIRE(read.traps.size() == 1U);
    BOOST_TEST(read.traps[0].oid.text() == "1.3.6.1.4.1.232.0.9002");
    BOOST_REQUIRE(read.unreadable.size() == 1U);
    BOOST_TEST(read.unreadable[0].starts_with("4:1: 'IDRAC-MIB-SMIv2::alertMessageID'"), read.unreadable[0]);
}

BOOST_AUTO_TEST_CASE(line_ends_of_any_kind_other_programs_lines_and_nuls_do_no_harm) {
    const std::string lines =
        "Nov 30 18:00:00 mon sshd[1]: Accepted key for root\r\n"
        "Nov 30 18:00:00 mon snmptrapd[812]: 2026-11-30 18:00:00 b [UDP: [10.1.0.101]:161->[10.1.0.1]:162]:\r\n"
        "Nov 30 18:00:00 mon snmptrapd[812]: .1.3.6.1.6.3.1.1.4.1.0 = OID: .1.3.6.1.4.1.232.0.9002\t.1.3.6.1.4 = "
        "STRING: "
        "\"a" +
        std::string(1, '\0') +
        "b\"\r\n"
        "Nov 30 18:00:00 mon cron[7]: (root) CMD (a = b)\r"
        "Nov 30 18:00:01 mon snmptrapd[812]: .1.3.6.1.5 = 7\n";
    BOOST_TEST(problemOf(lines).starts_with("5:50: '7' has no type"), problemOf(lines));
    const auto read = readTraps(lines.substr(0, lines.rfind('\r'))).value();
    BOOST_TEST(read.traps.at(0).varbinds.at(0).text() == "a b");
}

BOOST_AUTO_TEST_CASE(no_text_and_no_json_harms_however_it_is_cut_or_garbled) {
    std::uint32_t seed = 1;
    const auto random = [&seed] { return seed = seed * 1664525U + 1013904223U; };
    std::vector<std::string> good{as_names, as_numbers};
    for (const auto* name : {"f2.txt", "f3.txt", "x1.txt", "x1b.txt", "x2.txt", "x10.txt", "x13.txt"})
        good.push_back(standin::base::readWhole(std::string(STANDIN_TRAP_CASES) + "/" + name).value());
    for (const auto& text : good) {
        for (std::size_t size = 0; size < text.size(); ++size) (void)problemOf(text.substr(0, size));
        for (int i = 0; i < 500; ++i) {
            auto changed = text;
            for (int n = 0; n < 3; ++n) changed[random() % changed.size()] = static_cast<char>(random() >> 24);
            (void)problemOf(changed);
        }
    }
    for (int i = 0; i < 500; ++i) {
        std::string bytes(random() % 300, '\0');
        for (auto& c : bytes) c = static_cast<char>(random() >> 24);
        (void)problemOf(bytes);
    }
    BOOST_TEST(problemOf(std::string(1U << 20, '[')).find("JSON") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_huge_text_is_read_in_finite_time_and_memory) {
    const std::string head = "b [UDP: [10.1.0.101]:161->[10.1.0.1]:162]:\n";
    const std::string one = head + ".1.3.6.1.6.3.1.1.4.1.0 = OID: .1.3.6.1.4.1.232.0.9002\n";
    std::string many;
    while (many.size() < (4U << 20)) many += one;
    const auto read = readTraps(many).value();
    BOOST_TEST(read.traps.size() == most_traps);
    BOOST_TEST(read.unreadable.back().find("only the first 1000") != std::string::npos);
    for (const auto* repeated :
         {"a", "(via ", "[UDP: [", ") TRAP, SNMP v1", "#012", "^I.1.", "= ", "\"", "->[", "\n"}) {
        std::string text = head;
        while (text.size() < (1U << 20)) text += repeated;
        (void)problemOf(text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
