#include "coordinator/traps/trap_tests.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

#include "coordinator/traps/trap_intake.hpp"
#include "trap_builder.hpp"

using namespace standin::traps;
using namespace standin::traps::testing;
using namespace std::chrono_literals;
using standin::base::ServerName;
using State = TrapPathState::State;

namespace {

const ServerName tested("server01"), another("server02");
const standin::base::SystemClock real_clock;

/// The PET of a test event, as a BMC sends it.
Trap petOf(const TestEvent& event, const std::string& source = "127.77.0.101") {
    std::string bytes(46, '\0');
    bytes[28] = static_cast<char>(TestEvent::sensor_number);
    bytes[32] = static_cast<char>(event.data2);
    bytes[33] = static_cast<char>(event.data3);
    auto made = platformEvent(0x246f02, source);
    made.varbinds = {octets("1.3.6.1.4.1.3183.1.1.1", bytes)};
    return made;
}

struct Tests {
    std::mutex mutex;
    std::vector<std::pair<ServerName, TestEvent>> sent;
    std::vector<std::string> told;
    std::function<standin::base::Result<std::string>(const ServerName&, const TestEvent&)> bmc;
    TrapTests tests;

    explicit Tests(std::chrono::milliseconds within = 20s, const std::string& file = "/nonexistent",
                   std::chrono::milliseconds every = 0ms)
        : tests(
              {{tested, another}, every, within, file},
              [this](const ServerName& server, const TestEvent& event) -> standin::base::Result<std::string> {
                  const std::lock_guard lock(mutex);
                  sent.emplace_back(server, event);
                  return bmc ? bmc(server, event) : std::string("told");
              },
              real_clock,
              [this](const ServerName& server, const std::string& message) {
                  const std::lock_guard lock(mutex);
                  told.push_back(server.text() + " " + message);
              }) {
        tests.start();
    }
    ~Tests() { tests.stop(); }
    Tests(const Tests&) = delete;
    Tests& operator=(const Tests&) = delete;

    template <typename Condition>
    static bool await(const Condition& condition) {
        for (int i = 0; i < 2'000; ++i) {
            if (condition()) return true;
            std::this_thread::sleep_for(10ms);
        }
        return false;
    }
    std::size_t sentCount() {
        const std::lock_guard lock(mutex);
        return sent.size();
    }
    std::vector<std::string> words() {
        const std::lock_guard lock(mutex);
        return told;
    }
    void take(Verdict::Outcome outcome, Grade grade, const ServerName& server = tested) {
        TrapRecord record;
        record.id = 17;
        record.trap = trap("1.3.6.1.4.1.9.1");
        record.verdict.outcome = outcome;
        record.verdict.grade = grade;
        record.verdict.server = server;
        record.verdict.reason = "refused: user 'bmc' does not speak for server 'server01'";
        tests.take(record);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(trap_tests)

BOOST_AUTO_TEST_CASE(a_test_trap_that_arrives_is_heard) {
    Tests one;
    BOOST_TEST((one.tests.of(tested).state == State::Untested));
    BOOST_TEST(one.tests.request(tested).has_value());
    BOOST_REQUIRE(Tests::await([&] { return one.sentCount() == 1; }));
    BOOST_TEST((one.tests.of(tested).state == State::Testing));
    one.take(Verdict::Outcome::NotAFailure, Grade::Test, another);  // another server's is none of it
    one.take(Verdict::Outcome::NotAFailure, Grade::Test);
    BOOST_REQUIRE(Tests::await([&] { return one.tests.of(tested).state == State::Heard; }));
    BOOST_TEST(one.tests.of(tested).trap_id == 17U);
    BOOST_TEST(one.words().empty());
    BOOST_TEST(one.tests.check().ok);
    BOOST_TEST((one.tests.of(another).state == State::Untested));
    BOOST_TEST((one.tests.request(ServerName("nobody")).error().code == standin::base::ErrorCode::NotFound));
}

BOOST_AUTO_TEST_CASE(a_server_whose_test_trap_does_not_arrive_is_deaf_and_told_once) {
    Tests one(300ms);
    for (int i = 1; i <= 2; ++i) {
        BOOST_TEST(one.tests.request(tested).has_value());
        BOOST_REQUIRE(Tests::await([&] { return one.sentCount() == static_cast<std::size_t>(i); }));
        one.take(Verdict::Outcome::Refused, Grade::None);
        BOOST_REQUIRE(Tests::await([&] { return one.tests.of(tested).failures == static_cast<unsigned>(i); }));
    }
    const auto state = one.tests.of(tested);
    BOOST_TEST((state.state == State::Deaf));
    BOOST_TEST(says(state.problem, "no test trap of it arrived"), state.problem);
    BOOST_TEST(says(state.problem, "instead: trap 17 from 127.77.0.101 (refused)"), state.problem);
    BOOST_TEST(!state.cure.empty());
    BOOST_TEST(one.words().size() == 1U);
    BOOST_TEST(!one.tests.check().ok);
    BOOST_TEST(says(one.tests.check().detail, "server 'server01' is deaf"));
}

BOOST_AUTO_TEST_CASE(a_bmc_that_cannot_be_told_is_deaf_too_and_one_that_is_heard_again_is_told) {
    Tests one;
    one.bmc = [](const auto&, const auto&) -> standin::base::Result<std::string> {
        return standin::base::failure(standin::base::ErrorCode::Unreachable, "no answer");
    };
    BOOST_TEST(one.tests.request(tested).has_value());
    BOOST_REQUIRE(Tests::await([&] { return one.tests.of(tested).state == State::Deaf; }));
    BOOST_TEST(says(one.tests.of(tested).problem, "no answer"));
    one.bmc = nullptr;
    BOOST_TEST(one.tests.request(tested).has_value());
    BOOST_REQUIRE(Tests::await([&] { return one.sentCount() == 2; }));
    one.take(Verdict::Outcome::NotAFailure, Grade::Test);
    BOOST_REQUIRE(Tests::await([&] { return one.words().size() == 2; }));
    BOOST_TEST(says(one.words()[1], "well again"));
}

BOOST_AUTO_TEST_CASE(only_the_platform_event_that_was_asked_for_is_a_test) {
    const TestEvent event{0x11, 0x22};
    BOOST_TEST(event.isOf(petOf(event)));
    BOOST_TEST(!event.isOf(petOf({0x11, 0x23})));
    BOOST_TEST(!event.isOf(platformEvent(0x076f01)));
    BOOST_TEST(!event.isOf(platformEvent(0x246f82)));  // it went away
    BOOST_TEST(event.isOf(platformEvent(0x246f02)));   // a BMC that says no more
    Tests one;
    BOOST_TEST(!one.tests.mayExpect(petOf(event)));
    BOOST_TEST(one.tests.request(tested).has_value());
    BOOST_REQUIRE(Tests::await([&] { return one.sentCount() == 1; }));
    BOOST_TEST(one.tests.mayExpect(petOf(event)));
    BOOST_TEST(one.tests.expects(tested, petOf(one.sent[0].second)));
    BOOST_TEST(!one.tests.expects(another, petOf(one.sent[0].second)));
    BOOST_TEST(!one.tests.mayExpect(trap("1.3.6.1.4.1.9.1")));
    one.take(Verdict::Outcome::NotAFailure, Grade::Test);
}

BOOST_AUTO_TEST_CASE(results_survive_a_restart) {
    std::string pattern = (std::filesystem::temp_directory_path() / "standin-trap-tests-XXXXXX").string();
    const std::filesystem::path directory = mkdtemp(pattern.data());
    {
        Tests one(100ms, directory / "trap_tests.json");
        one.tests.requestAll();
        BOOST_REQUIRE(Tests::await([&] { return !one.tests.check().ok && one.words().size() == 2; }));
        BOOST_TEST(one.tests.save().has_value());
    }
    Tests again(20s, directory / "trap_tests.json");
    BOOST_TEST(again.tests.load().has_value());
    BOOST_TEST((again.tests.of(tested).state == State::Deaf));
    BOOST_TEST((again.tests.of(another).failures == 1U));
    std::filesystem::remove_all(directory);
}

BOOST_AUTO_TEST_CASE(the_intake_grades_what_was_asked_for_as_a_test_and_refuses_it_from_the_wrong_user) {
    Tests one;
    auto servers = directory();
    servers.entitleUser("bmc", "0x80000c6f01", {false, {tested}});
    const auto log = openSqliteTrapLog(":memory:").value();
    TrapQueue queue;
    std::mutex mutex;
    std::vector<TrapRecord> others;
    TrapIntake intake(queue, TrapRules{}, servers,
                      TrapIntake::Outlets{*log, [](const auto&) {},
                                          [&](const TrapRecord& record) {
                                              const std::lock_guard lock(mutex);
                                              others.push_back(record);
                                              one.tests.take(record);
                                          },
                                          &one.tests},
                      real_clock, standin::base::Log("traps", [](auto, auto) {}));
    BOOST_TEST(one.tests.request(tested).has_value());
    BOOST_REQUIRE(Tests::await([&] { return one.sentCount() == 1; }));
    auto sent = petOf(one.sent[0].second);
    sent.version = SnmpVersion::V3;
    sent.principal = "mallory";
    sent.engine_id = "0x80000c6f01";
    queue.push(sent);
    sent.principal = "bmc";
    queue.push(sent);
    queue.push(petOf({1, 2}, "127.77.0.102"));
    intake.start();
    BOOST_REQUIRE(Tests::await([&] { return one.tests.of(tested).state == State::Heard; }));
    intake.stop();
    BOOST_REQUIRE(others.size() == 3U);
    BOOST_TEST((others[0].verdict.refusal == RefusalKind::Binding));
    BOOST_TEST((others[1].verdict.grade == Grade::Test));
    BOOST_TEST((others[2].verdict.outcome == Verdict::Outcome::NoRule));
}

BOOST_AUTO_TEST_SUITE_END()
