// Datagrams that are not what they should be: each is counted with its reason, none does harm.
#include <boost/test/unit_test.hpp>
#include <random>

#include "listening.hpp"
#include "trap_bytes.hpp"
#include "trap_sender.hpp"

using namespace standin::traps;
using testing::Listening;
using testing::TrapSender;
using testing::TrapText;

namespace {

TrapText good() {
    TrapText text;
    text.trap_oid = {1, 3, 6, 1, 4, 1, 3183, 1, 1, 0, 487169};
    text.octets = {{{1, 3, 6, 1, 4, 1, 3183, 1, 1, 1}, std::string("DELL\0\1\2\3", 8)}};
    return text;
}

/// The listener has handled everything that was sent before, since datagrams of one sender stay in order.
bool stillWell(Listening& at, TrapSender& sender) {
    TrapText last = good();
    last.trap_oid = {1, 3, 6, 1, 4, 1, 9, 4711};
    sender.send(testing::encode(last));
    for (std::size_t count = 1;; ++count) {
        const auto traps = at.await(count);
        if (traps.size() < count) return false;
        for (const auto& trap : traps) {
            if (trap.oid.text() == "1.3.6.1.4.1.9.4711" && trap.refusal.empty()) return true;
        }
        count = traps.size();
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(malformed)

BOOST_AUTO_TEST_CASE(the_tests_own_encoder_makes_a_trap_that_is_believed) {
    Listening at;
    TrapSender(std::string("127.79.1.6"), Listening::host, at.port()).send(testing::encode(good()));
    const auto traps = at.await(1);
    BOOST_REQUIRE(traps.size() == 1U);
    BOOST_TEST(traps[0].refusal == "");
    BOOST_TEST(traps[0].oid.text() == "1.3.6.1.4.1.3183.1.1.0.487169");
    BOOST_TEST(traps[0].varbinds.at(0).bytes == std::string("DELL\0\1\2\3", 8));
}

BOOST_AUTO_TEST_CASE(a_datagram_cut_off_anywhere_is_counted_as_malformed) {
    Listening at;
    TrapSender sender("127.79.1.6", Listening::host, at.port());
    const auto whole = testing::encode(good());
    for (std::size_t length = 1; length < whole.size(); ++length) sender.send(whole.substr(0, length));
    BOOST_TEST(stillWell(at, sender));
    auto refused = at.listener->counts().refused;
    BOOST_TEST(refused["malformed"] + refused["version"] == whole.size() - 1);
    BOOST_TEST(at.await(1).at(0).refusal.starts_with("malformed: "));
}

BOOST_AUTO_TEST_CASE(an_empty_datagram_does_no_harm) {
    Listening at;
    TrapSender sender("127.79.1.6", Listening::host, at.port());
    sender.send("");
    BOOST_TEST(stillWell(at, sender));
}

BOOST_AUTO_TEST_CASE(a_trap_without_trap_oid_is_malformed) {
    Listening at;
    TrapSender sender("127.79.1.6", Listening::host, at.port());
    auto bytes = testing::encode(good());
    // The name of the second varbind, snmpTrapOID.0, becomes another.
    const std::string name("\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00", 10);
    bytes[bytes.find(name) + 8] = '\x02';
    sender.send(bytes);
    const auto traps = at.await(1);
    BOOST_REQUIRE(traps.size() == 1U);
    BOOST_TEST(traps[0].refusal == "malformed: snmpTrapOID.0 is absent or no OID");
}

BOOST_AUTO_TEST_CASE(random_damage_never_stops_the_listener) {
    // Damaged communities count as guesses, which do not affect what this sender used before.
    ServerDirectory servers;
    BOOST_TEST(servers.addAddress(standin::base::ServerName("server01"), "127.79.1.6").has_value());
    Listening at({}, {Listening::host}, servers);
    TrapSender sender("127.79.1.6", Listening::host, at.port());
    const auto whole = testing::encode(good());
    sender.send(whole);
    std::mt19937 random(20261123);  // the same damage in every run
    for (int i = 0; i < 20'000; ++i) {
        auto damaged = whole;
        for (auto hits = 1 + random() % 4; hits > 0; --hits)
            damaged[random() % damaged.size()] = static_cast<char>(random());
        if (random() % 8 == 0) damaged.resize(random() % damaged.size());
        if (random() % 16 == 0) damaged += std::string(random() % 1500, static_cast<char>(random()));
        sender.send(damaged);
    }
    BOOST_TEST(stillWell(at, sender));
}

BOOST_AUTO_TEST_CASE(lengths_that_lie_and_nesting_that_does_not_end_do_no_harm) {
    Listening at;
    TrapSender sender("127.79.1.6", Listening::host, at.port());
    std::string nested;
    for (int i = 0; i < 10'000; ++i) nested += "\x30\x82\x7f\xff";
    for (const std::string& bytes : {nested, std::string("\x30\x84\xff\xff\xff\xff\x02\x01\x01", 9),
                                     std::string("\x30\x80\x02\x01\x01", 5), std::string(65'000, '\x30'),
                                     std::string("\x30\x03\x02\x01\x03", 5), std::string("\x30\x03\x02\x01\x07", 5)}) {
        sender.send(bytes);
    }
    BOOST_TEST(stillWell(at, sender));
}

BOOST_AUTO_TEST_SUITE_END()
