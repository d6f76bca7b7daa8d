// Whoever is slow, silent or many keeps out only himself.
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <poll.h>
#include <sys/resource.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <ostream>
#include <thread>
#include <vector>

#include "tests/contract/agent_http/agent_under_test.hpp"

using namespace standin;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 10s;
constexpr auto drip = 40ms;
constexpr auto soon = 5s;  // far above what any of the limits of these tests allows

using Steady = std::chrono::steady_clock;

/// As many files as this process may have; what two thousand connections need is not every host's default.
std::size_t mostFiles() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

struct HostileTest : tests::AgentUnderTest {
    [[nodiscard]] Poco::Net::StreamSocket knock() const {
        return Poco::Net::StreamSocket(Poco::Net::SocketAddress("127.0.0.1", server->port()));
    }
    /// The server's end of it, as the kernel tells it, within the time. (What TLS itself says is not waited for.)
    static bool isClosed(int descriptor, std::chrono::milliseconds within) {
        pollfd watched{descriptor, POLLRDHUP, 0};
        return ::poll(&watched, 1, static_cast<int>(within.count())) > 0;
    }
    /// One byte after the other until the other side ends it. False: it did not, soon.
    static bool dripUntilClosed(int descriptor, const std::function<void()>& send) {
        const auto until = Steady::now() + soon;
        while (Steady::now() < until) {
            if (isClosed(descriptor, drip)) return true;
            try {
                send();
            } catch (const Poco::Exception&) {
                return true;
            }
        }
        return false;
    }
    /// Half a request.
    static void begin(http::ClientConnection& connection) { connection.session().socket().sendBytes("GET /v1/th", 10); }
    static int statusOf(http::ClientConnection& connection, const std::string& path) {
        Poco::Net::HTTPRequest request("GET", path, "HTTP/1.1");
        request.setHost("agent1");
        request.setKeepAlive(true);
        connection.session().sendRequest(request);
        Poco::Net::HTTPResponse response;
        connection.session().receiveResponse(response);
        return response.getStatus();
    }
    /// A stream that lasts until it is told to end, or the server stops.
    std::promise<void> end_streams;
    void addEndlessStream() {
        router.add("GET", "/v1/long",
                   [ended = end_streams.get_future().share()](const http::Request&) -> base::Result<http::Response> {
                       http::Response response;
                       response.stream = [ended](std::ostream& out, const std::atomic<bool>& stopping) {
                           out << "begun\n" << std::flush;
                           while (!stopping && ended.wait_for(1ms) != std::future_status::ready) {
                           }
                       };
                       return response;
                   });
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hostile_peers, HostileTest)

BOOST_AUTO_TEST_CASE(a_commander_is_answered_beside_drips_silence_and_idle_sessions) {
    const std::size_t silent_ones = mostFiles() > 5000 ? 2000 : 300;
    start();
    auto coordinator = client(commander);
    std::vector<Poco::Net::StreamSocket> dripping;
    for (int i = 0; i < 64; ++i) {
        dripping.push_back(knock());
        dripping.back().sendBytes("\x16", 1);
    }
    std::vector<std::unique_ptr<http::ClientConnection>> idle;
    for (int i = 0; i < 64; ++i) idle.push_back(connect(viewer));
    std::vector<std::unique_ptr<http::ClientConnection>> asking;  // and never finish
    for (int i = 0; i < 64; ++i) {
        asking.push_back(connect(viewer));
        begin(*asking.back());
    }
    std::vector<Poco::Net::StreamSocket> mute;
    for (std::size_t i = 0; i < silent_ones; ++i) mute.push_back(knock());
    const auto before = Steady::now();
    auto answer = coordinator->put("/v1/thing", {}, {1, "1/x", 1}, patience);
    BOOST_TEST(answer.has_value(), (answer ? "" : answer.error().message));
    BOOST_TEST((Steady::now() - before < 2s));
    auto kept = coordinator->put("/v1/thing", {}, {1, "1/y", 2}, patience);
    BOOST_TEST(kept.has_value(), (kept ? "" : kept.error().message));
    auto other = client(authority.issue("operator"))->get("/v1/thing", patience);
    BOOST_TEST(other.has_value(), (other ? "" : other.error().message));
}

BOOST_AUTO_TEST_CASE(a_handshake_that_drips_ends_at_its_deadline) {
    settings.handshake_limit = 300ms;
    start();
    auto socket = knock();
    BOOST_TEST(dripUntilClosed(socket.impl()->sockfd(), [&] { socket.sendBytes("\x16", 1); }));
}

// The first bytes of a real handshake: a record of 512 bytes, which then come one by one.
BOOST_AUTO_TEST_CASE(a_handshake_that_began_well_and_drips_ends_at_its_deadline) {
    settings.handshake_limit = 300ms;
    start();
    auto socket = knock();
    socket.sendBytes("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
    BOOST_TEST(dripUntilClosed(socket.impl()->sockfd(), [&] { socket.sendBytes("x", 1); }));
}

BOOST_AUTO_TEST_CASE(a_request_that_drips_ends_at_its_deadline) {
    settings.request_limit = 300ms;
    start();
    auto connection = connect(viewer);
    begin(*connection);
    auto& socket = connection->session().socket();
    BOOST_TEST(dripUntilClosed(socket.impl()->sockfd(), [&] { socket.sendBytes("x", 1); }));
}

BOOST_AUTO_TEST_CASE(a_body_that_drips_ends_at_its_deadline_and_is_not_carried_out) {
    settings.request_limit = 300ms;
    std::atomic<int> carried_out = 0;
    router.add("POST", "/v1/question", http::Access::Read, [&](const http::Request&) -> base::Result<http::Response> {
        ++carried_out;
        return http::Response::empty();
    });
    start();
    auto connection = connect(viewer);
    auto& socket = connection->session().socket();
    const std::string head = "POST /v1/question HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n{";
    socket.sendBytes(head.data(), static_cast<int>(head.size()));
    BOOST_TEST(dripUntilClosed(socket.impl()->sockfd(), [&] { socket.sendBytes(" ", 1); }));
    BOOST_TEST(carried_out == 0);
}

BOOST_AUTO_TEST_CASE(an_answer_that_nobody_takes_ends_at_its_deadline) {
    settings.answer_limit = 300ms;
    std::promise<void> ended;
    router.add("GET", "/v1/flood", [&](const http::Request&) -> base::Result<http::Response> {
        http::Response response;
        response.stream = [&](std::ostream& out, const std::atomic<bool>&) {
            const std::string block(64 << 10, 'x');
            while (out << block) {
            }
            ended.set_value();
        };
        return response;
    });
    start();
    auto connection = connect(viewer);
    BOOST_TEST(statusOf(*connection, "/v1/flood") == 200);
    BOOST_TEST((ended.get_future().wait_for(soon) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(streams_of_one_peer_starve_neither_others_nor_short_requests) {
    settings.threads = 8;  // of them two for the commander alone, and two for each other peer
    addEndlessStream();
    start();
    std::vector<std::unique_ptr<http::ClientConnection>> streams;
    for (int i = 0; i < 2; ++i) {
        streams.push_back(connect(viewer));
        BOOST_TEST(statusOf(*streams.back(), "/v1/long") == 200);
    }
    auto third = connect(viewer);
    BOOST_TEST(statusOf(*third, "/v1/long") == 503);
    BOOST_TEST(client(viewer)->get("/v1/thing", patience).has_value());
    for (const auto& identity : {authority.issue("vmhost1"), commander}) {
        streams.push_back(connect(identity));
        BOOST_TEST(statusOf(*streams.back(), "/v1/long") == 200);
    }
    end_streams.set_value();
}

BOOST_AUTO_TEST_CASE(a_place_for_a_stream_is_given_back) {
    settings.threads = 4;
    router.add("GET", "/v1/short-stream", [](const http::Request&) -> base::Result<http::Response> {
        http::Response response;
        response.stream = [](std::ostream& out, const std::atomic<bool>&) { out << "{}"; };
        return response;
    });
    start();
    auto one = client(commander);
    for (int i = 0; i < 50; ++i) {
        auto answer = one->get("/v1/short-stream", patience);
        BOOST_REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message));
    }
}

BOOST_AUTO_TEST_CASE(requests_that_are_never_finished_keep_out_only_their_peer) {
    settings.threads = 4;
    start();
    std::vector<std::unique_ptr<http::ClientConnection>> half;
    for (int i = 0; i < 12; ++i) {
        half.push_back(connect(viewer));
        begin(*half.back());
    }
    BOOST_TEST(client(authority.issue("operator"))->get("/v1/thing", 2s).has_value());
    BOOST_TEST(client(commander)->put("/v1/thing", {}, {1, "1/x", 1}, 2s).has_value());
}

BOOST_AUTO_TEST_CASE(a_connection_that_stays_half_open_is_closed) {
    settings.request_limit = 300ms;
    start();
    auto connection = connect(viewer);
    begin(*connection);
    connection->session().socket().impl()->shutdownSend();
    BOOST_TEST(isClosed(connection->session().socket().impl()->sockfd(), soon));
}

BOOST_AUTO_TEST_CASE(more_sessions_than_a_peer_may_have_close_its_oldest_idle_one) {
    start();
    std::vector<std::unique_ptr<http::ClientConnection>> sessions;
    for (int i = 0; i < 65; ++i) sessions.push_back(connect(viewer));
    BOOST_TEST(isClosed(sessions.front()->session().socket().impl()->sockfd(), soon));
    BOOST_TEST(statusOf(*sessions.back(), "/v1/thing") == 200);
}

BOOST_AUTO_TEST_CASE(requests_that_were_sent_ahead_are_all_answered) {
    start();
    auto connection = connect(viewer);
    const std::string one = "GET /v1/thing HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto three = one + one + one;
    connection->session().socket().sendBytes(three.data(), static_cast<int>(three.size()));
    std::string received;
    char buffer[4096];
    const auto answers = [&] {
        std::size_t number = 0;
        for (auto at = received.find("200 OK"); at != received.npos; at = received.find("200 OK", at + 1)) ++number;
        return number;
    };
    while (answers() < 3) {
        const int length = connection->session().socket().receiveBytes(buffer, sizeof buffer);
        BOOST_REQUIRE(length > 0);
        received.append(buffer, static_cast<std::size_t>(length));
    }
}

BOOST_AUTO_TEST_CASE(a_head_without_end_is_refused) {
    start();
    auto connection = connect(viewer);
    auto& socket = connection->session().socket();
    const std::string head = "GET /v1/thing HTTP/1.1\r\n";
    socket.sendBytes(head.data(), static_cast<int>(head.size()));
    const std::string field = "X-Field: " + std::string(4000, 'y') + "\r\n";
    bool ended = false;
    for (int i = 0; i < 5000 && !ended; ++i) {
        ended = isClosed(socket.impl()->sockfd(), 0ms);
        try {
            socket.sendBytes(field.data(), static_cast<int>(field.size()));
        } catch (const Poco::Exception&) {
            ended = true;
        }
    }
    BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(a_server_ends_soon_whoever_is_slow) {
    addEndlessStream();
    start();
    auto dripping = knock();
    dripping.sendBytes("\x16", 1);
    auto half = connect(viewer);
    begin(*half);
    auto stream = connect(viewer);
    BOOST_TEST(statusOf(*stream, "/v1/long") == 200);
    auto idle = connect(viewer);
    const auto before = Steady::now();
    server->stop();
    BOOST_TEST((Steady::now() - before < 4s));
}

BOOST_AUTO_TEST_SUITE_END()
