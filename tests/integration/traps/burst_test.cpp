// 20,000 traps back to back, the one that matters among them. How fast they are is measured in tests/bench/traps.
#include <boost/test/unit_test.hpp>
#include <future>

#include "coordinator/traps/trap_intake.hpp"
#include "listening.hpp"
#include "trap_bytes.hpp"
#include "trap_sender.hpp"

using namespace standin::traps;
using testing::TrapSender;
using testing::TrapText;

namespace {

constexpr std::size_t burst = 20'000;

std::vector<std::string> noise(std::size_t count) {
    std::vector<std::string> datagrams;
    for (std::size_t i = 0; i < count; ++i) {
        TrapText text;
        text.request_id = static_cast<std::uint32_t>(i);
        text.trap_oid = {1, 3, 6, 1, 4, 1, 3183, 1, 1, 0, 0x040102};
        text.octets = {{{1, 3, 6, 1, 4, 1, 3183, 1, 1, 1}, "noise number " + std::to_string(i)}};
        datagrams.push_back(testing::encode(text));
    }
    return datagrams;
}

std::string failure(std::uint32_t specific) {
    TrapText text;
    text.trap_oid = {1, 3, 6, 1, 4, 1, 3183, 1, 1, 0, specific};
    return testing::encode(text);
}

}  // namespace

BOOST_AUTO_TEST_CASE(of_twenty_thousand_traps_back_to_back_none_is_lost) {
    std::string pattern = "/tmp/standin-burst-XXXXXX";
    const std::filesystem::path directory = mkdtemp(pattern.data());
    {
        TrapQueue queue;
        auto trap_log = openSqliteTrapLog(directory / "traps.sqlite").value();
        ServerDirectory servers;
        BOOST_REQUIRE(servers.addAddress(standin::base::ServerName("server01"), "127.79.1.7"));
        const auto rules = TrapRules::fromText(R"(
rules:
  - {name: processor, reason: broken, oids: [1.3.6.1.4.1.3183.1.1.0.487169, 1.3.6.1.4.1.3183.1.1.0.814849], verdict: failure, kind: processor}
  - {name: other, reason: noise, oids: [1.3.6.1.4.1.3183.1.1.*], verdict: not_a_failure}
)",
                                               "rules.yml")
                               .value();
        // The failure among the noise, and one at the very end that shows when all is done (one sender's datagrams stay
        // in order).
        std::promise<FailureReport> among, last;
        unsigned reports = 0;
        const auto sink = [&](const FailureReport& report) { (++reports == 1 ? among : last).set_value(report); };
        const standin::base::Log quiet("traps", [](auto, auto) {});
        TrapIntake intake(queue, rules, servers, TrapIntake::Outlets{*trap_log, sink}, testing::system_clock, quiet);
        SeenMessages seen(directory / "seen");
        TrapListener listener({.listen = {{"127.79.1.1", 0}},
                               .communities = {{"standin-test", "communities"}},
                               .users = {},
                               .engine_state_file = directory / "engine"},
                              servers, seen, queue, testing::system_clock, quiet);
        BOOST_REQUIRE(listener.start());
        intake.start();

        TrapSender sender("127.79.1.7", "127.79.1.1", listener.addresses().front().port);
        auto datagrams = noise(burst - 1);
        datagrams.insert(datagrams.begin() + burst * 3 / 4, failure(0x076f01));
        datagrams.push_back(failure(0x0c6f01));
        sender.sendAll(datagrams);
        const auto await = [](std::promise<FailureReport>& promise) {
            auto future = promise.get_future();
            BOOST_REQUIRE((future.wait_for(std::chrono::seconds(20)) == std::future_status::ready));
            return future.get();
        };
        BOOST_TEST(await(among).server.text() == "server01");
        await(last);
        listener.stop();
        intake.stop();

        BOOST_TEST(listener.counts().accepted == burst + 1);
        const auto counts = intake.counts();
        BOOST_TEST(counts.traps[static_cast<std::size_t>(Verdict::Outcome::Failure)] == 2U);
        BOOST_TEST(counts.traps[static_cast<std::size_t>(Verdict::Outcome::NotAFailure)] == burst - 1);
        BOOST_TEST(queue.counts().deepest <= TrapQueue::Limits{}.traps);
    }
    std::filesystem::remove_all(directory);
}
