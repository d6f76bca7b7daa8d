#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>

#include "holder_lab.hpp"

using namespace standin::request_holder::test;
using standin::protocol::HoldState;
using standin::request_holder::JobSettings;

BOOST_AUTO_TEST_CASE(connections_beyond_the_limit_wait_first_and_are_refused_visibly_then) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) {
        settings.limits.connections = 5;
        settings.limits.patience = 200ms;
    });
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    std::vector<TestSocket> clients;
    for (int number = 0; number < 8; ++number) {
        clients.push_back(lab.client());
        BOOST_REQUIRE(clients.back().send(fmt::format("{}\n", number)));
    }
    for (std::size_t number = 5; number < 8; ++number) BOOST_TEST(clients[number].wasReset());
    const auto hold = holder->status().value().hold;
    BOOST_TEST(hold.held == 5U);
    BOOST_TEST(hold.refused == 3U);
    LedgerProcess ledger(lab);
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    for (std::size_t number = 0; number < 5; ++number)
        BOOST_TEST(clients[number].line() == fmt::format("done {}", number));
    BOOST_TEST(ledger.entries() == (std::vector<int>{0, 1, 2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_connection_beyond_the_limit_is_taken_in_order_when_there_is_room_in_time) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) {
        settings.limits.connections = 3;
        settings.limits.patience = 20s;
    });
    LedgerProcess ledger(lab);
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    std::vector<TestSocket> clients;
    for (int number = 0; number < 10; ++number) {
        clients.push_back(lab.client());
        BOOST_REQUIRE(clients.back().send(fmt::format("{}\n", number)));
    }
    BOOST_REQUIRE(eventually([&] { return holder->status().value().hold.held == 3; }));
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    for (std::size_t number = 0; number < 10; ++number)
        BOOST_TEST(clients[number].line() == fmt::format("done {}", number));
    BOOST_TEST(ledger.entries() == (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), boost::test_tools::per_element());
    BOOST_TEST(holder->status().value().hold.refused == 0U);
}

BOOST_AUTO_TEST_CASE(bytes_beyond_the_limits_stay_with_their_senders_until_they_are_released) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) {
        settings.limits.bytes = 64U << 10;
        settings.limits.connection_bytes = 40U << 10;
    });
    std::mutex mutex;
    std::vector<std::string> received;
    TestJob job(lab, [&](TestSocket& client) {
        const auto all = client.rest();
        const std::lock_guard lock(mutex);
        received.push_back(all);
    });
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    std::vector<std::thread> senders;
    std::vector<TestSocket> clients;
    for (int number = 0; number < 3; ++number) clients.push_back(lab.client());
    for (int number = 0; number < 3; ++number) {
        senders.emplace_back([&clients, number] {
            const auto& client = clients[static_cast<std::size_t>(number)];
            client.send(std::string(8U << 20, static_cast<char>('a' + number)));
            client.endSending();
        });
    }
    BOOST_TEST(eventually([&] { return holder->status().value().hold.held_bytes == 64U << 10; }));
    BOOST_TEST(!eventually([&] { return holder->status().value().hold.held_bytes > 64U << 10; }, 200ms));
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    for (auto& sender : senders) sender.join();
    BOOST_REQUIRE(eventually([&] {
        const std::lock_guard lock(mutex);
        return received.size() == 3;
    }));
    for (int number = 0; number < 3; ++number)
        BOOST_TEST(
            (received[static_cast<std::size_t>(number)] == std::string(8U << 20, static_cast<char>('a' + number))));
}

BOOST_AUTO_TEST_CASE(a_connection_that_nobody_could_process_in_time_is_closed_visibly) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) { settings.limits.age = 300ms; });
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto client = lab.client();
    BOOST_REQUIRE(client.send("1\n"));
    BOOST_TEST(client.wasReset());
    const auto hold = holder->status().value().hold;
    BOOST_TEST(hold.held == 0U);
    BOOST_TEST(hold.broken == 1U);
}

BOOST_AUTO_TEST_CASE(each_connection_beyond_the_limit_has_a_patience_of_its_own) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) {
        settings.limits.connections = 1;
        settings.limits.patience = 1500ms;
    });
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto first = lab.client();
    BOOST_REQUIRE(first.send("1\n"));
    BOOST_REQUIRE(eventually([&] { return holder->status().value().hold.held == 1; }));
    auto early = lab.client();
    std::this_thread::sleep_for(1000ms);
    const auto began = std::chrono::steady_clock::now();
    auto late = lab.client();
    BOOST_TEST(early.wasReset());
    BOOST_TEST(late.wasReset());
    BOOST_TEST((std::chrono::steady_clock::now() - began >= 1400ms));
    BOOST_TEST(holder->status().value().hold.refused == 2U);
}

BOOST_AUTO_TEST_CASE(one_client_has_no_more_connections_than_its_limit) {
    HolderLab lab;
    auto holder = lab.holder([](JobSettings& settings) { settings.limits.client_connections = 2; });
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto one = lab.client();
    auto two = lab.client();
    auto three = lab.client();
    BOOST_TEST(three.wasReset());
    one.reset();
    BOOST_REQUIRE(eventually([&] { return holder->status().value().hold.given_up == 1; }));
    auto four = lab.client();
    BOOST_TEST(eventually([&] { return holder->status().value().hold.held == 2; }));
}

BOOST_AUTO_TEST_CASE(descriptors_are_left_for_the_api_and_for_releasing) {
    HolderLab lab;
    rlimit before{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit few{1200, before.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    {
        auto holder = lab.holder();
        BOOST_REQUIRE(holder->change(HoldState::Holding));
        std::vector<TestSocket> clients;  // each takes two descriptors of this process: its own and the holder's
        for (int number = 0; number < 450; ++number) {
            clients.push_back(lab.client());
            if (clients.back().open()) clients.back().send(fmt::format("{}\n", number));
        }
        BOOST_TEST(eventually([&] { return holder->status().value().accept_failures > 0; }));
        LedgerProcess ledger(lab);
        BOOST_TEST(holder->change(HoldState::Releasing).has_value());
        BOOST_TEST(clients.front().line() == "done 0");
        BOOST_TEST(eventually([&] { return holder->status().value().hold.held == 0; }));
    }
    ::setrlimit(RLIMIT_NOFILE, &before);
}
