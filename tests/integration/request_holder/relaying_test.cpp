#include <poll.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <future>

#include "agent/request_holder/data_path/tcp_socket.hpp"
#include "holder_lab.hpp"

using namespace standin::request_holder;
using namespace standin::request_holder::test;
using standin::protocol::HoldState;

namespace {

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 1;
    for (auto& byte : bytes) byte = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
    return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_that_has_ended_its_sending_still_gets_the_whole_answer) {
    for (const bool held_first : {true, false}) {
        HolderLab lab;
        auto holder = lab.holder();
        const auto question = pattern(300'000);
        const auto answer = pattern(500'000);
        std::string asked;
        TestJob job(lab, [&](TestSocket& client) {
            asked = client.rest();
            client.send(answer);
        });
        BOOST_REQUIRE(holder->change(held_first ? HoldState::Holding : HoldState::Releasing));
        auto client = lab.client();
        BOOST_REQUIRE(client.send(question));
        client.endSending();
        if (held_first) {
            BOOST_REQUIRE(eventually([&] { return holder->status().value().hold.held_bytes == question.size(); }));
            BOOST_REQUIRE(holder->change(HoldState::Releasing));
        }
        BOOST_TEST((client.rest() == answer));
        BOOST_TEST((asked == question));
        BOOST_TEST(eventually([&] { return holder->status().value().hold.proxied == 0; }));
    }
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_stops_the_job_from_sending_and_then_gets_every_byte) {
    HolderLab lab;
    auto holder = lab.holder();
    const auto answer = pattern(30U << 20);
    std::atomic<std::size_t> sent{0};
    TestJob job(lab, [&](TestSocket& client) {
        client.line();
        for (std::size_t at = 0; at < answer.size(); at += 65536) {
            if (!client.send(answer.substr(at, 65536))) return;
            sent = std::min(at + 65536, answer.size());
        }
    });
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    auto client = lab.client();
    BOOST_REQUIRE(client.send("all of it\n"));
    BOOST_TEST(!eventually([&] { return sent == answer.size(); }, 500ms));
    const auto got = client.rest();
    BOOST_TEST(got.size() == answer.size());
    BOOST_TEST((got == answer));
}

BOOST_AUTO_TEST_CASE(both_directions_carry_much_at_the_same_time_without_a_changed_byte) {
    HolderLab lab;
    auto holder = lab.holder();
    const auto bytes = pattern(20U << 20);
    std::promise<std::string> read_by_job;
    TestJob job(lab, [&](TestSocket& client) {
        std::thread sending([&] {
            client.send(bytes);
            client.endSending();
        });
        auto all = client.rest();
        sending.join();
        read_by_job.set_value(std::move(all));
    });
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    auto client = lab.client();
    std::thread sending([&] {
        client.send(bytes);
        client.endSending();
    });
    const auto at_client = client.rest();
    sending.join();
    BOOST_TEST((at_client == bytes));
    BOOST_TEST(eventually([&] { return holder->status().value().hold.proxied == 0; }));
    BOOST_TEST((read_by_job.get_future().get() == bytes));
}

BOOST_AUTO_TEST_CASE(a_reset_by_the_job_arrives_as_a_reset_behind_what_the_job_had_sent) {
    HolderLab lab;
    auto holder = lab.holder();
    const auto answer = pattern(100'000);
    TestJob job(lab, [&](TestSocket& client) {
        client.line();
        client.send(answer);
        client.line();  // the client has read all of it
        client.reset();
    });
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    auto client = lab.client();
    BOOST_REQUIRE(client.send("question\n"));
    std::string got;
    while (got.size() < answer.size()) {
        char buffer[4096];
        const auto length = ::recv(client.get(), buffer, sizeof buffer, 0);
        BOOST_REQUIRE(length > 0);
        got.append(buffer, static_cast<std::size_t>(length));
    }
    BOOST_TEST((got == answer));
    BOOST_REQUIRE(client.send("thanks\n"));
    BOOST_TEST(client.wasReset());
}

BOOST_AUTO_TEST_CASE(an_answer_in_front_of_a_reset_is_not_lost) {
    HolderLab lab;
    auto holder = lab.holder();
    const auto answer = pattern(200'000);
    TestJob job(lab, [&](TestSocket& client) {
        client.send(answer);
        // Closing with unread bytes: the kernel sends what it has, then resets.
    });
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto client = lab.client();
    BOOST_REQUIRE(client.send("never read by the job"));
    BOOST_REQUIRE(eventually([&] { return holder->status().value().hold.held_bytes > 0; }));
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    const auto got = client.rest();
    BOOST_TEST((answer.compare(0, got.size(), got) == 0));
    BOOST_TEST(!got.empty());
    BOOST_TEST(eventually([&] { return holder->status().value().hold.proxied == 0; }));
}

BOOST_AUTO_TEST_CASE(a_reset_by_the_client_arrives_at_the_job_as_a_reset) {
    HolderLab lab;
    auto holder = lab.holder();
    std::promise<bool> was_reset;
    TestJob job(lab, [&](TestSocket& client) {
        client.send("hello\n");
        was_reset.set_value(client.wasReset());
    });
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    auto client = lab.client();
    BOOST_TEST(client.line() == "hello");
    client.reset();
    BOOST_TEST(was_reset.get_future().get());
    BOOST_TEST(eventually([&] { return holder->status().value().hold.proxied == 0; }));
}

BOOST_AUTO_TEST_CASE(a_client_that_ended_its_sending_and_then_resets_is_noticed) {
    HolderLab lab;
    auto holder = lab.holder();
    std::promise<void> ended;
    TestJob job(lab, [&](TestSocket& client) {
        client.rest();  // the end of the stream
        client.send("hello\n");
        while (client.send("x")) std::this_thread::yield();
        ended.set_value();
    });
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    auto client = lab.client();
    client.endSending();
    BOOST_TEST(client.line() == "hello");
    client.reset();
    ended.get_future().get();
    BOOST_TEST(eventually([&] { return holder->status().value().hold.proxied == 0; }));
}

BOOST_AUTO_TEST_CASE(proxied_connections_go_on_when_the_holder_is_idle) {
    HolderLab lab;
    auto holder = lab.holder();
    TestJob job(lab, [&](TestSocket& client) {
        for (auto word = client.line(); !word.empty(); word = client.line()) client.send("echo " + word + "\n");
    });
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    auto client = lab.client();
    BOOST_REQUIRE(client.send("one\n"));
    BOOST_TEST(client.line() == "echo one");
    BOOST_REQUIRE(holder->change(HoldState::Idle));
    BOOST_REQUIRE(client.send("two\n"));
    BOOST_TEST(client.line() == "echo two");
    BOOST_TEST(holder->status().value().hold.proxied == 1U);
    client.endSending();
    BOOST_TEST(client.rest().empty());
    BOOST_TEST(!client.wasReset());
    BOOST_TEST(eventually([&] { return holder->status().value().hold.proxied == 0; }));
}

// What the kernel closes for an agent that was killed must not look like an answer's end.
BOOST_AUTO_TEST_CASE(a_connection_of_a_holder_that_dies_is_reset) {
    HolderLab lab;
    TestSocket client;
    {
        in_addr any{};
        auto listener = tcp::listenAt(NetworkAddress::parse("127.0.0.1/8").value().address, 0, 16);
        BOOST_REQUIRE(listener.has_value());
        client = TestSocket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in at{};
        socklen_t size = sizeof at;
        BOOST_REQUIRE(::getsockname(listener->get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
        BOOST_REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
        ::pollfd ready{listener->get(), POLLIN, 0};
        BOOST_REQUIRE(::poll(&ready, 1, 20'000) == 1);
        auto accepted = tcp::acceptOne(listener->get(), any);
        BOOST_REQUIRE(static_cast<bool>(accepted));
        BOOST_TEST(::send(accepted.get(), "half", 4, MSG_NOSIGNAL) == 4);
    }  // as the kernel does it
    BOOST_TEST(client.wasReset());
}

BOOST_AUTO_TEST_CASE(who_waits_for_an_answer_is_counted_and_an_idle_connection_is_not) {
    HolderLab lab;
    auto holder = lab.holder();
    std::promise<void> answer;
    std::promise<void> asked_again;
    std::promise<void> second_answer;
    TestJob job(lab, [&](TestSocket& client) {
        client.line();
        answer.get_future().wait();
        client.send("done\n");
        client.line();
        asked_again.set_value();
        second_answer.get_future().wait();
        client.send("two done\n");
        client.rest();
    });
    BOOST_REQUIRE(holder->change(HoldState::Holding));
    auto client = lab.client();
    BOOST_REQUIRE(client.send("one\n"));
    BOOST_TEST(eventually([&] { return holder->status().value().hold.held_bytes == 4; }));
    BOOST_REQUIRE(holder->change(HoldState::Releasing));
    BOOST_TEST(eventually([&] { return holder->status().value().hold.proxied == 1; }));
    std::this_thread::sleep_for(300ms);  // longer than a pause within an answer: what is seen is the open question
    BOOST_TEST(holder->status().value().hold.unanswered == 1U);  // it was asked while held
    answer.set_value();
    BOOST_TEST(client.line() == "done");
    BOOST_TEST(eventually([&] { return holder->status().value().hold.unanswered == 0; }));
    BOOST_REQUIRE(client.send("two\n"));
    asked_again.get_future().wait();
    std::this_thread::sleep_for(300ms);
    BOOST_TEST(holder->status().value().hold.unanswered == 1U);  // it was asked through the relay
    second_answer.set_value();
    BOOST_TEST(client.line() == "two done");
    BOOST_TEST(eventually([&] { return holder->status().value().hold.unanswered == 0; }));
    BOOST_TEST(holder->status().value().hold.proxied == 1U);
}
