// Who is asked can't hold who asks beyond the deadline.
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <poll.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <thread>

#include "tests/contract/agent_http/agent_under_test.hpp"

using namespace standin;
using namespace std::chrono_literals;

namespace {

using Steady = std::chrono::steady_clock;

/// An agent that shakes hands and then does what the test says with each connection, one after the other.
class ScriptedAgent {
  public:
    using Script = std::function<void(http::DeadlineSocket&)>;
    ScriptedAgent(const http::TlsFiles& files, bool shakes_hands, Script script)
        : tls_(*http::serverContext(files)), shakes_hands_(shakes_hands), script_(std::move(script)) {
        socket_.bind(Poco::Net::SocketAddress("127.0.0.1", 0));
        socket_.listen(16);
        thread_ = std::thread([this] { run(); });
    }
    ~ScriptedAgent() {
        ending_ = true;
        thread_.join();
    }
    [[nodiscard]] std::string url() const { return fmt::format("https://127.0.0.1:{}", socket_.address().port()); }

    /// One byte after the other until the client has gone.
    static void drip(http::DeadlineSocket& socket, const std::string& text) {
        for (std::size_t i = 0;; ++i) {
            const char byte = i < text.size() ? text[i] : 'x';
            if (socket.sendBytes(&byte, 1) <= 0) return;
            pollfd watched{socket.impl()->sockfd(), POLLRDHUP, 0};
            if (::poll(&watched, 1, 20) > 0) return;
        }
    }
    static void readRequest(http::DeadlineSocket& socket) {
        std::string head;
        char byte = 0;
        while (head.find("\r\n\r\n") == head.npos && socket.receiveBytes(&byte, 1) > 0) head += byte;
    }
    static void send(http::DeadlineSocket& socket, const std::string& text) {
        socket.sendBytes(text.data(), static_cast<int>(text.size()));
    }

  private:
    void run() {
        while (!ending_) {
            if (!socket_.poll(Poco::Timespan(0, 20'000), Poco::Net::Socket::SELECT_READ)) continue;
            auto accepted = socket_.acceptConnection();
            Poco::AutoPtr<Poco::Net::StreamSocketImpl> inner(static_cast<Poco::Net::StreamSocketImpl*>(accepted.impl()),
                                                             true);
            http::DeadlineSocket socket(inner, tls_, http::DeadlineSocket::Side::Server);
            socket.setDeadline(Steady::now() + 20s);
            try {
                if (shakes_hands_) socket.shakeHands();
                script_(socket);
            } catch (const Poco::Exception&) {  // the client has gone
            }
        }
    }

    const http::TlsContext tls_;
    const bool shakes_hands_;
    const Script script_;
    Poco::Net::ServerSocket socket_;
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

struct ClientTest {
    http::TlsLibrary library;
    tests::CertificateAuthority authority;
    http::TlsFiles agent_files = authority.issue("agent1");
    http::TlsFiles files = authority.issue("coordinator");

    [[nodiscard]] std::unique_ptr<protocol::AgentClient> client(const std::string& url) const {
        return std::move(*protocol::AgentClient::open("agent1", url, *http::clientContext(files)));
    }
    /// A command fails with `code`, and soon after `within`.
    void fails(const std::string& url, base::ErrorCode code, std::chrono::milliseconds within = 400ms) const {
        auto one = client(url);
        const auto before = Steady::now();
        auto answer = one->put("/v1/thing", {}, {1, "1/x", 1}, within);
        BOOST_TEST((Steady::now() - before < within + 3s));
        BOOST_REQUIRE(!answer);
        BOOST_TEST((answer.error().code == code), answer.error().message);
    }
};

const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hostile_agents, ClientTest)

BOOST_AUTO_TEST_CASE(a_handshake_that_drips_is_given_up_and_nothing_was_asked) {
    Poco::Net::ServerSocket mute(Poco::Net::SocketAddress("127.0.0.1", 0), 16);
    fails(fmt::format("https://127.0.0.1:{}", mute.address().port()), base::ErrorCode::Unreachable);
}

BOOST_AUTO_TEST_CASE(a_head_that_drips_is_given_up_at_the_deadline) {
    ScriptedAgent agent(agent_files, true, [](auto& socket) { ScriptedAgent::drip(socket, "HTTP/1.1 200 OK\r\nX: "); });
    fails(agent.url(), base::ErrorCode::TimedOut);
}

BOOST_AUTO_TEST_CASE(a_body_that_drips_is_given_up_at_the_deadline) {
    ScriptedAgent agent(agent_files, true, [](auto& socket) {
        ScriptedAgent::readRequest(socket);
        ScriptedAgent::send(socket, head);
        ScriptedAgent::drip(socket, "{");
    });
    fails(agent.url(), base::ErrorCode::TimedOut);
}

BOOST_AUTO_TEST_CASE(answers_without_end_that_say_continue_are_given_up_at_the_deadline) {
    ScriptedAgent agent(agent_files, true, [](auto& socket) {
        ScriptedAgent::readRequest(socket);
        for (;;) {
            ScriptedAgent::send(socket, "HTTP/1.1 100 Continue\r\n\r\n");
            pollfd watched{socket.impl()->sockfd(), POLLRDHUP, 0};
            if (::poll(&watched, 1, 5) > 0) return;
        }
    });
    fails(agent.url(), base::ErrorCode::TimedOut);
}

// What arrived is valid by itself: a connection that ends is not the end of the answer.
BOOST_AUTO_TEST_CASE(an_answer_that_is_cut_short_is_no_answer) {
    ScriptedAgent agent(agent_files, true, [](auto& socket) {
        ScriptedAgent::readRequest(socket);
        ScriptedAgent::send(socket, head + "{\"done\":true}");
    });
    fails(agent.url(), base::ErrorCode::TimedOut, 5s);
}

BOOST_AUTO_TEST_CASE(an_answer_to_a_command_that_is_no_json_leaves_open_what_came_of_it) {
    ScriptedAgent agent(agent_files, true, [](auto& socket) {
        ScriptedAgent::readRequest(socket);
        ScriptedAgent::send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\noops!");
    });
    fails(agent.url(), base::ErrorCode::TimedOut, 5s);
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_too_large_is_not_read_to_its_end) {
    ScriptedAgent agent(agent_files, true, [](auto& socket) {
        ScriptedAgent::readRequest(socket);
        ScriptedAgent::send(socket, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        const std::string block(1 << 20, ' ');
        for (int i = 0; i < 64; ++i) ScriptedAgent::send(socket, block);
    });
    auto answer = client(agent.url())->get("/v1/thing", 20s);
    BOOST_REQUIRE(!answer);
    BOOST_TEST(answer.error().message.find("larger than 16 MiB") != std::string::npos, answer.error().message);
}

BOOST_AUTO_TEST_CASE(a_stream_that_drips_is_given_up) {
    ScriptedAgent agent(agent_files, true, [](auto& socket) {
        ScriptedAgent::readRequest(socket);
        ScriptedAgent::send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n");
        ScriptedAgent::drip(socket, "");
    });
    const auto before = Steady::now();
    auto status = client(agent.url())
                      ->stream(
                          "/v1/images/a/blocks", {}, [](auto...) { return true; }, 400ms);
    BOOST_TEST(!status.has_value());
    BOOST_TEST((Steady::now() - before < 4s));
}

BOOST_AUTO_TEST_CASE(a_call_ends_at_once_when_its_client_is_broken_off) {
    std::promise<void> asked;
    ScriptedAgent agent(agent_files, true, [&](auto& socket) {
        ScriptedAgent::readRequest(socket);
        asked.set_value();
        ScriptedAgent::drip(socket, "HTTP/1.1 200 OK\r\nX: ");
    });
    auto one = client(agent.url());
    auto call = std::async(std::launch::async, [&] { return one->get("/v1/thing", 60s); });
    asked.get_future().wait();
    one->breakOff();
    BOOST_REQUIRE((call.wait_for(10s) == std::future_status::ready));
    BOOST_TEST(!call.get().has_value());
    BOOST_TEST((one->get("/v1/thing", 60s).error().code == base::ErrorCode::Unreachable));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(address_book)

namespace {

/// A name server that answers the first question only; lookups that hang outlive the test.
struct NameServer : std::enable_shared_from_this<NameServer> {
    std::atomic<int> asked = 0;
    std::promise<void> end;
    std::shared_future<void> ended = end.get_future().share();

    http::AddressBook::LookUp lookUp() {
        return [self = shared_from_this()](const std::string& host) -> base::Result<http::Addresses> {
            if (host == "wrong") return base::failure(base::ErrorCode::Unreachable, "no such name");
            if (++self->asked > 1) self->ended.wait();
            return http::Addresses{Poco::Net::IPAddress("127.0.0.7")};
        };
    }
};

base::SteadyTime in(std::chrono::milliseconds time) {
    return Steady::now() + time;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_name_that_was_found_once_is_answered_while_the_name_server_hangs) {
    auto server = std::make_shared<NameServer>();
    {
        http::AddressBook book(server->lookUp());
        BOOST_REQUIRE(book.find("agent1", in(10s)));
        book.refresh("agent1");  // which hangs
        const auto again = book.find("agent1", in(0ms));
        BOOST_REQUIRE(again);
        BOOST_TEST(again->front().toString() == "127.0.0.7");
    }
    server->end.set_value();  // the book is gone without waiting for this
}

BOOST_AUTO_TEST_CASE(a_name_that_nobody_knows_is_waited_for_until_the_deadline_only) {
    auto server = std::make_shared<NameServer>();
    server->asked = 1;
    http::AddressBook book(server->lookUp());
    const auto before = Steady::now();
    auto answer = book.find("agent1", in(100ms));
    BOOST_REQUIRE(!answer);
    BOOST_TEST((answer.error().code == base::ErrorCode::Unreachable));
    BOOST_TEST((Steady::now() - before < 5s));
    server->end.set_value();
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_exist_is_told_at_once_and_an_address_needs_nobody) {
    auto server = std::make_shared<NameServer>();
    http::AddressBook book(server->lookUp());
    auto wrong = book.find("wrong", in(10s));
    BOOST_REQUIRE(!wrong);
    BOOST_TEST(wrong.error().message.find("no such name") != std::string::npos);
    BOOST_TEST(book.find("127.0.0.9", in(0ms))->front().toString() == "127.0.0.9");
    BOOST_TEST(book.find("::1", in(0ms))->front().toString() == "::1");
}

BOOST_AUTO_TEST_SUITE_END()
