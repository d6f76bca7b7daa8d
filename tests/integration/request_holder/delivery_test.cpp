#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <set>

#include "holder_lab.hpp"

using namespace standin::request_holder::test;
using standin::protocol::HoldState;
using standin::request_holder::JobHolder;
using standin::request_holder::JobSettings;
using standin::request_holder::ReleaseOrder;

namespace {

std::vector<TestSocket> holdNumbers(const HolderLab& lab, JobHolder& holder, int count) {
    BOOST_REQUIRE(holder.change(HoldState::Holding));
    std::vector<TestSocket> clients;
    for (int number = 0; number < count; ++number) {
        clients.push_back(lab.client());
        BOOST_REQUIRE(clients.back().send(fmt::format("{}\n", number)));
    }
    BOOST_REQUIRE(eventually([&] { return holder.status().value().hold.held == static_cast<std::uint64_t>(count); }));
    return clients;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_spare_that_refuses_at_first_gets_every_request_once_it_listens) {
    HolderLab lab;
    auto holder = lab.holder();
    auto clients = holdNumbers(lab, *holder, 20);
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_REQUIRE(eventually([&] { return holder->status().value().totals.attempts_failed >= 3; }));
    BOOST_TEST(holder->status().value().hold.held == 20U);
    BOOST_TEST(!holder->status().value().problem.empty());
    LedgerProcess ledger(lab);
    for (std::size_t number = 0; number < clients.size(); ++number)
        BOOST_TEST(clients[number].line() == fmt::format("done {}", number));
    BOOST_TEST(ledger.entries().size() == 20U);
    BOOST_TEST(holder->status().value().problem.empty());
}

BOOST_AUTO_TEST_CASE(a_spare_that_is_not_on_the_network_yet_gets_every_request_once_it_is) {
    HolderLab lab;
    auto holder = lab.holder();
    LedgerProcess ledger(lab);
    lab.inSpare("link set " + lab.spareInterface() + " down");
    auto clients = holdNumbers(lab, *holder, 5);
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_REQUIRE(eventually([&] { return holder->status().value().totals.attempts_failed >= 1; }));
    lab.inSpare("link set " + lab.spareInterface() + " up");
    for (std::size_t number = 0; number < clients.size(); ++number)
        BOOST_TEST(clients[number].line() == fmt::format("done {}", number));
    BOOST_TEST(ledger.entries().size() == 5U);
}

namespace {

void killInTheMiddle(ReleaseOrder order, std::size_t most_unanswered) {
    HolderLab lab;
    auto holder = lab.holder([order](JobSettings& settings) {
        settings.order = order;
        settings.window = 8;
    });
    auto clients = holdNumbers(lab, *holder, 100);
    std::vector<int> first;
    {
        LedgerProcess ledger(lab, 2ms);
        BOOST_REQUIRE(holder->change(HoldState::Releasing));
        BOOST_REQUIRE(eventually([&] { return ledger.entries().size() >= 30; }));
        ledger.kill();
        first = ledger.entries();
    }
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    const auto held = holder->status().value().hold.held;
    BOOST_TEST(held > 0U);
    LedgerProcess second_ledger(lab);
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_REQUIRE(eventually([&] { return holder->status().value().hold.held == 0; }));

    std::vector<int> unanswered;
    for (int number = 0; number < 100; ++number) {
        if (clients[static_cast<std::size_t>(number)].line() != fmt::format("done {}", number))
            unanswered.push_back(number);
    }
    const auto second = second_ledger.entries();
    auto all = first;
    all.insert(all.end(), second.begin(), second.end());
    BOOST_TEST(std::is_sorted(all.begin(), all.end()));
    BOOST_TEST(std::set(all.begin(), all.end()).size() == all.size());
    BOOST_TEST(second.size() == held);
    // Those that were under way; their clients have seen the end of the connection.
    BOOST_TEST(unanswered.size() <= most_unanswered);
    BOOST_TEST(holder->status().value().hold.broken + first.size() + second.size() >= 100U);
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_request_is_processed_twice_or_lost_in_silence_when_the_spare_is_killed_in_the_middle) {
    killInTheMiddle(ReleaseOrder::Strict, 1);
    killInTheMiddle(ReleaseOrder::Arrival, 8);
}

BOOST_AUTO_TEST_CASE(a_request_that_reached_a_spare_which_resets_it_is_closed_visibly_and_not_sent_again) {
    HolderLab lab;
    auto holder = lab.holder();
    std::atomic<int> taken{0};
    TestJob job(lab, [&](TestSocket& client) {
        ++taken;
        client.line();
        client.reset();
    });
    auto clients = holdNumbers(lab, *holder, 1);
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_TEST(clients.front().wasReset());
    BOOST_TEST(eventually([&] { return holder->status().value().hold.broken == 1; }));
    BOOST_TEST(taken == 1);
}

BOOST_AUTO_TEST_CASE(another_machine_that_bears_the_address_now_is_found_at_once) {
    HolderLab lab;
    auto holder = lab.holder();
    LedgerProcess ledger(lab);
    auto clients = holdNumbers(lab, *holder, 1);
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_REQUIRE(clients.front().line() == "done 0");
    lab.inSpare("link set " + lab.spareInterface() + " address 02:00:00:00:00:77");  // the neighbour entry is stale now
    auto more = holdNumbers(lab, *holder, 1);
    const auto began = std::chrono::steady_clock::now();
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_TEST(more.front().line() == "done 0");
    BOOST_TEST((std::chrono::steady_clock::now() - began < 900ms));  // a stale entry costs a second or more
}

BOOST_AUTO_TEST_CASE(proxied_connections_beyond_the_limit_stay_held_until_one_ends) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) { settings.limits.proxied = 2; });
    std::mutex mutex;
    std::vector<TestSocket> taken;
    TestJob job(lab, [&](TestSocket& client) {
        client.send("hello\n");
        const std::lock_guard lock(mutex);
        taken.push_back(std::move(client));
    });
    auto clients = holdNumbers(lab, *holder, 3);
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_TEST(clients[1].line() == "hello");
    BOOST_TEST(holder->status().value().hold.held == 1U);
    clients[0].reset();
    BOOST_TEST(clients[2].line() == "hello");
}

BOOST_AUTO_TEST_CASE(a_machine_with_several_workers_gets_several_requests_at_once_in_order) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) { settings.answer_wait = 20s; });
    WorkersJob job(lab, 8, 10ms);
    auto clients = holdNumbers(lab, *holder, 400);
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    for (std::size_t number = 0; number < clients.size(); ++number)
        BOOST_TEST(clients[number].line() == fmt::format("done {}", number));
    BOOST_TEST(job.mostAtOnce() >= 4U);
    // Nobody is overtaken by one that came later than the window allows.
    const auto begun = job.begun();
    const auto window = holder->status().value().window;
    BOOST_TEST_MESSAGE("window " << window << ", at once " << job.mostAtOnce());
    BOOST_REQUIRE(begun.size() == 400U);
    for (std::size_t place = 0; place < begun.size(); ++place)
        BOOST_TEST(std::abs(static_cast<long>(place) - begun[place]) <= 2 * 256L);
}

BOOST_AUTO_TEST_CASE(a_machine_that_takes_requests_and_answers_none_gets_no_more_of_them) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) { settings.answer_wait = 100ms; });
    auto clients = holdNumbers(lab, *holder, 200);
    std::mutex mutex;
    std::vector<TestSocket> taken;
    {
        TestJob job(lab, [&](TestSocket& client) {
            const std::lock_guard lock(mutex);
            taken.push_back(std::move(client));
        });
        BOOST_REQUIRE(holder->change(HoldState::Releasing));
        BOOST_REQUIRE(eventually([&] { return !holder->status().value().problem.empty(); }));
        BOOST_REQUIRE(holder->change(HoldState::Holding));
    }
    const auto sent = 200 - holder->status().value().hold.held;
    BOOST_TEST(sent < 60U);
    LedgerProcess ledger(lab);
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_TEST(clients.back().line() == "done 199");
    const auto entries = ledger.entries();
    BOOST_TEST(entries.size() == 200 - sent);
    BOOST_TEST(std::is_sorted(entries.begin(), entries.end()));
}
