#include <fmt/format.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <numeric>

#include "holder_lab.hpp"

using namespace standin::request_holder::test;
using standin::base::ErrorCode;
using standin::protocol::HoldState;
using standin::request_holder::JobSettings;
using standin::request_holder::ReleaseOrder;

namespace {

std::uint64_t held(standin::request_holder::JobHolder& holder) {
    return holder.status().value().hold.held;
}

std::vector<int> firstNumbers(int count) {
    std::vector<int> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

std::vector<TestSocket> sendNumbers(const HolderLab& lab, int from, int to) {
    std::vector<TestSocket> clients;
    for (int number = from; number < to; ++number) {
        clients.push_back(lab.client());
        BOOST_REQUIRE(clients.back().open());
        BOOST_REQUIRE(clients.back().send(fmt::format("{}\n", number)));
    }
    return clients;
}

std::size_t residentBytes() {
    std::size_t total = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

BOOST_AUTO_TEST_CASE(five_hundred_requests_are_held_and_released_in_the_order_of_their_arrival) {
    HolderLab lab;
    auto holder = lab.holder();
    LedgerProcess ledger(lab);
    BOOST_REQUIRE(holder->change(HoldState::Holding));

    auto clients = sendNumbers(lab, 0, 500);
    BOOST_TEST(eventually([&] { return held(*holder) == 500; }));
    BOOST_TEST(ledger.entries().empty());
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    auto later = sendNumbers(lab, 500, 600);

    for (std::size_t number = 0; number < clients.size(); ++number)
        BOOST_TEST(clients[number].line() == fmt::format("done {}", number));
    for (std::size_t number = 0; number < later.size(); ++number)
        BOOST_TEST(later[number].line() == fmt::format("done {}", number + 500));
    BOOST_TEST(ledger.entries() == firstNumbers(600), boost::test_tools::per_element());
    const auto hold = holder->status().value().hold;
    BOOST_TEST(hold.delivered == 600U);
    BOOST_TEST(hold.refused + hold.broken + hold.given_up + hold.held == 0U);
}

BOOST_AUTO_TEST_CASE(in_strict_order_a_held_request_waits_for_the_answer_to_the_one_before) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) {
        settings.order = ReleaseOrder::Strict;
        settings.answer_wait = 10s;
    });
    std::mutex mutex;
    std::vector<TestSocket> taken;
    TestJob job(lab, [&](TestSocket& client) {
        const std::lock_guard lock(mutex);
        taken.push_back(std::move(client));
    });
    const auto count = [&] {
        const std::lock_guard lock(mutex);
        return taken.size();
    };
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto clients = sendNumbers(lab, 0, 2);
    BOOST_REQUIRE(eventually([&] { return held(*holder) == 2; }));

    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_REQUIRE(eventually([&] { return count() == 1; }));
    BOOST_TEST(taken.front().line() == "0");
    BOOST_TEST(!eventually([&] { return count() > 1; }, 300ms));

    BOOST_TEST(taken.front().send("x"));
    BOOST_TEST(eventually([&] { return count() == 2; }));
}

BOOST_AUTO_TEST_CASE(a_request_that_is_not_answered_delays_the_next_no_longer_than_the_answer_wait) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) { settings.answer_wait = 50ms; });
    std::atomic<int> count{0};
    std::vector<TestSocket> taken;
    TestJob job(lab, [&](TestSocket& client) {
        taken.push_back(std::move(client));
        ++count;
    });
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto clients = sendNumbers(lab, 0, 3);
    BOOST_REQUIRE(eventually([&] { return held(*holder) == 3; }));
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_TEST(eventually([&] { return count == 3; }));
    BOOST_TEST(eventually([&] { return holder->status().value().hold.proxied == 3U; }));
}

BOOST_AUTO_TEST_CASE(requests_that_arrive_while_releasing_do_not_wait_for_each_others_answers) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) { settings.answer_wait = 20s; });
    std::atomic<int> count{0};
    std::vector<TestSocket> taken;
    TestJob job(lab, [&](TestSocket& client) {
        taken.push_back(std::move(client));
        ++count;
    });
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    auto clients = sendNumbers(lab, 0, 20);
    BOOST_TEST(eventually([&] { return count == 20; }));
}

BOOST_AUTO_TEST_CASE(what_is_not_delivered_when_holding_begins_again_keeps_its_place) {
    HolderLab lab;
    auto holder = lab.holder();
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto clients = sendNumbers(lab, 0, 10);
    BOOST_REQUIRE(eventually([&] { return held(*holder) == 10; }));
    BOOST_REQUIRE(holder->change(HoldState::Releasing));  // the spare refuses
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto later = sendNumbers(lab, 10, 15);
    BOOST_REQUIRE(eventually([&] { return held(*holder) == 15; }));
    LedgerProcess ledger(lab);
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_TEST(eventually([&] { return ledger.entries().size() == 15; }));
    BOOST_TEST(ledger.entries() == firstNumbers(15), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(idle_is_refused_while_requests_are_held_that_nobody_has_processed) {
    HolderLab lab;
    auto holder = lab.holder();
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto clients = sendNumbers(lab, 0, 1);
    const auto refused = holder->change(HoldState::Idle);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == ErrorCode::WrongState));
    BOOST_TEST(holder->status().value().hold.listening);
    LedgerProcess ledger(lab);
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_TEST(clients.front().line() == "done 0");
}

BOOST_AUTO_TEST_CASE(after_releasing_idle_stops_listening_and_still_delivers_what_was_accepted) {
    HolderLab lab;
    auto holder = lab.holder();
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto clients = sendNumbers(lab, 0, 5);
    BOOST_REQUIRE(eventually([&] { return held(*holder) == 5; }));
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_REQUIRE(holder->change(HoldState::Idle));
    BOOST_TEST(!holder->status().value().hold.listening);
    BOOST_TEST(!lab.client().open());
    LedgerProcess ledger(lab);
    for (std::size_t number = 0; number < clients.size(); ++number)
        BOOST_TEST(clients[number].line() == fmt::format("done {}", number));
    BOOST_TEST(eventually([&] { return held(*holder) == 0; }));
}

BOOST_AUTO_TEST_CASE(each_state_may_be_commanded_twice) {
    HolderLab lab;
    auto holder = lab.holder();
    LedgerProcess ledger(lab);
    for (auto state : {HoldState::Holding, HoldState::Holding, HoldState::Releasing, HoldState::Releasing,
                       HoldState::Idle, HoldState::Idle}) {
        const auto hold = holder->change(state);
        BOOST_REQUIRE(hold);
        BOOST_TEST((hold->state == state));
        BOOST_TEST(hold->listening == (state != HoldState::Idle));
    }
}

BOOST_AUTO_TEST_CASE(a_request_whose_client_has_gone_is_not_processed) {
    HolderLab lab;
    auto holder = lab.holder();
    LedgerProcess ledger(lab);
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto clients = sendNumbers(lab, 0, 3);
    BOOST_REQUIRE(eventually([&] { return held(*holder) == 3; }));
    clients[1].reset();
    BOOST_TEST(eventually([&] { return holder->status().value().hold.given_up == 1; }));
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_TEST(clients[2].line() == "done 2");
    BOOST_TEST(ledger.entries() == (std::vector<int>{0, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(four_thousand_held_connections_take_less_than_twenty_mebibytes) {
    HolderLab lab;
    auto holder = lab.holder();
    LedgerProcess ledger(lab);
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    const auto before = residentBytes();
    auto clients = sendNumbers(lab, 0, 4000);
    BOOST_REQUIRE(eventually([&] { return held(*holder) == 4000; }));
    const auto grown = residentBytes() - std::min(residentBytes(), before);
    BOOST_TEST_MESSAGE("grown by " << grown / 1024 << " KiB");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    BOOST_TEST(grown < 20U << 20);
#endif
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_TEST(clients.back().line() == "done 3999");
    BOOST_TEST(ledger.entries() == firstNumbers(4000), boost::test_tools::per_element());
}
