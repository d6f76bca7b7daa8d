#include "coordinator/traps/refused_senders.hpp"

#include <boost/test/unit_test.hpp>

#include "coordinator/traps/community_guesses.hpp"
#include "trap_builder.hpp"

using namespace standin::traps;
using namespace standin::traps::testing;
using namespace std::chrono_literals;
using standin::base::ServerName;

namespace {

struct SetClock final : standin::base::Clock {
    standin::base::WallTime now{std::chrono::hours(500'000)};
    [[nodiscard]] standin::base::WallTime wall() const override { return now; }
    [[nodiscard]] standin::base::SteadyTime steady() const override { return {}; }
};

struct Watch {
    SetClock clock;
    ServerDirectory servers = directory();
    std::vector<std::string> told;
    RefusedSenders refused{servers, clock, [this](const ServerName& server, const std::string& message) {
                               told.push_back(server.text() + "|" + message);
                           }};

    void take(RefusalKind kind, const std::string& source, const std::string& sentence = "refused: for a test") {
        TrapRecord record;
        record.id = 17;
        record.trap = trap("1.3.6.1.4.1.9.2", source);
        record.trap.principal = "bmc";
        record.trap.engine_id = "0x80000c6f01";
        record.trap.refusal = sentence;
        record.trap.refusal_kind = kind;
        record.verdict = classify(record.trap, TrapRules{}, servers);
        refused.take(record);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(refused_senders)

BOOST_AUTO_TEST_CASE(a_configured_bmc_that_is_refused_is_told_at_once_with_the_line_to_write) {
    Watch watch;
    watch.take(RefusalKind::Engine, "127.77.0.101");
    BOOST_REQUIRE(watch.told.size() == 1U);
    for (const auto* part : {"server01|", "for a test", "trap 17 from 127.77.0.101",
                             "{name: bmc, engine_id: \"0x80000c6f01\"", "servers: [server01]}"})
        BOOST_TEST(says(watch.told[0], part), watch.told[0]);
    const auto check = watch.refused.check();
    BOOST_TEST(!check.ok);
    BOOST_TEST(says(check.detail, "server 'server01'"));
    BOOST_TEST(says(check.cure, "0x80000c6f01"));
}

BOOST_AUTO_TEST_CASE(it_is_told_hourly_and_another_reason_is_news) {
    Watch watch;
    for (int i = 0; i < 100; ++i) watch.take(RefusalKind::Digest, "127.77.0.101");
    BOOST_TEST(watch.told.size() == 1U);
    watch.take(RefusalKind::Community, "127.77.0.101");
    BOOST_TEST(watch.told.size() == 2U);
    watch.clock.now += 61min;
    watch.take(RefusalKind::Digest, "127.77.0.101");
    BOOST_TEST(watch.told.size() == 3U);
    BOOST_TEST(says(watch.told[2], "101 so far"), watch.told[2]);
}

BOOST_AUTO_TEST_CASE(once_a_trap_of_it_is_believed_all_is_well) {
    Watch watch;
    watch.take(RefusalKind::Engine, "127.77.0.101");
    watch.clock.now += 1s;
    watch.refused.accepted(ServerName("server01"));
    BOOST_TEST(watch.refused.check().ok);
    watch.clock.now += 1s;
    watch.take(RefusalKind::Engine, "127.77.0.101");
    BOOST_TEST(!watch.refused.check().ok);
    watch.clock.now += 25h;
    BOOST_TEST(watch.refused.check().ok);
}

BOOST_AUTO_TEST_CASE(what_strangers_send_is_nobodys_concern_until_it_would_be_a_failure) {
    Watch watch;
    watch.take(RefusalKind::Community, "10.0.0.7");
    watch.take(RefusalKind::Engine, "10.0.0.7");
    BOOST_TEST(watch.told.empty());
    TrapRecord record;
    record.trap = trap("1.3.6.1.4.1.9.2", "10.0.0.7");
    record.verdict = classify(record.trap,
                              rules("rules: [{name: r, reason: dead, grade: failure, kind: k, oids: "
                                    "[1.3.6.1.4.1.9.*]}]"),
                              watch.servers);
    watch.refused.take(record);
    BOOST_REQUIRE(watch.told.size() == 1U);
    BOOST_TEST(says(watch.told[0], "trap_forwarders"), watch.told[0]);
}

BOOST_AUTO_TEST_CASE(a_storm_of_forged_senders_is_neither_a_storm_of_messages_nor_of_memory) {
    Watch watch;
    for (int i = 0; i < 20'000; ++i)
        watch.take(RefusalKind::Binding, "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    BOOST_TEST(watch.told.size() <= 20U);
    BOOST_TEST(watch.refused.present().size() <= RefusedSenders::most_strangers + 1);
    BOOST_TEST(watch.refused.check().detail.size() < 4'096U);
}

BOOST_AUTO_TEST_CASE(every_reason_has_a_cure) {
    const auto last = static_cast<std::size_t>(RefusalKind::Contradiction);
    for (std::size_t i = 1; i < last; ++i) {
        Verdict verdict;
        verdict.refusal = static_cast<RefusalKind>(i);
        BOOST_TEST(!cureOf(Trap{}, verdict).empty(), nameOf(verdict.refusal));
        BOOST_TEST((refusalKindFrom(nameOf(verdict.refusal)) == verdict.refusal));
    }
}

BOOST_AUTO_TEST_CASE(who_tries_communities_is_slowed_and_who_used_his_rightly_before_is_not) {
    CommunityGuesses guesses;
    auto now = standin::base::SteadyTime(std::chrono::hours(1));
    const auto tries = [&](const std::string& sender, const std::string& community) {
        if (!guesses.mayBeLookedAt(sender, community, now)) return false;
        guesses.looked(sender, community);
        return true;
    };
    BOOST_TEST(tries("10.1.0.1", "own"));
    int looked_at = 0;
    for (int i = 0; i < 1000; ++i) looked_at += tries("10.1.0.1", "") ? 1 : 0;
    BOOST_TEST(looked_at == 10);
    BOOST_TEST(tries("10.1.0.1", "own"));
    BOOST_TEST(!tries("10.1.0.1", "another"));  // a right guess is as wrong as any other now
    BOOST_TEST(tries("10.1.0.2", "another"));
    now += 6s;
    BOOST_TEST(tries("10.1.0.1", ""));
    BOOST_TEST(!tries("10.1.0.1", ""));
}

BOOST_AUTO_TEST_SUITE_END()
