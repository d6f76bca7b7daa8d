// Real TCP connections between two network namespaces, seen on one end of the veth pair between them.
#include "agent/hypervisor/traffic/tap_observer.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <functional>

#include "agent/base/process.hpp"
#include "tests/support/made_names.hpp"

using namespace standin;
using hypervisor::TapObserver;

namespace {

void run(const std::string& command) {
    base::ProcessRequest request;
    request.command = {"/bin/sh", "-c", command};
    auto outcome = base::runToSuccess(request);
    BOOST_REQUIRE_MESSAGE(outcome, command << ": " << (outcome ? "" : outcome.error().message));
}

int inNamespace(const std::string& name, const std::function<int()>& action) {
    int result = -1;
    std::thread([&] {
        const int space = ::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
        if (space >= 0 && ::setns(space, CLONE_NEWNET) == 0) result = action();
        ::close(space);
    }).join();
    return result;
}

sockaddr_in jobAddress() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(8080);
    ::inet_pton(AF_INET, "10.99.1.10", &address.sin_addr);
    return address;
}

/// A job in one namespace, its clients in another, and the wire between them in this one: a bridge of two veth pairs.
struct Wire {
    std::string id = std::to_string(::getpid());
    std::string job_space = "tvj" + id;
    std::string client_space = "tvc" + id;
    std::string tap = "tvt" + id;  // plays the stand-in's tap
    base::SystemClock clock;
    TapObserver taps{clock, base::Log("test", [](base::LogLevel, std::string_view) {})};
    base::StandInName name{"server01-1"};
    hypervisor::JobEndpoint job = *hypervisor::jobEndpointFrom("10.99.1.10", {8080});
    int listener = -1;

    Wire() {
        for (const auto* prefix : {"tvj", "tvc", "tvt", "tvb", "tvo"}) tests::noteMade(prefix + id);
        run(fmt::format(
            "ip netns add {0} && ip netns add {1} && ip link add tvb{3} type bridge && ip link set tvb{3} up && "
            "ip link add {2} type veth peer name eth0 netns {0} && ip link add tvo{3} type veth peer name eth0 netns "
            "{1} && "
            "ip link set {2} master tvb{3} up && ip link set tvo{3} master tvb{3} up && "
            "ip -n {0} addr add 10.99.1.10/24 dev eth0 && ip -n {0} link set eth0 up && "
            "ip -n {1} addr add 10.99.1.100/24 dev eth0 && ip -n {1} link set eth0 up",
            job_space, client_space, tap, id));
        BOOST_REQUIRE(taps.start());
        BOOST_REQUIRE(taps.watch(name, tap, job, true));
        listener = inNamespace(job_space, [] {
            const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const auto address = jobAddress();
            return ::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                           ::listen(made, 64) == 0
                       ? made
                       : -1;
        });
        BOOST_REQUIRE(listener >= 0);
    }
    ~Wire() {
        ::close(listener);
        base::ProcessRequest request;
        request.command = {
            "/bin/sh", "-c",
            fmt::format("ip link del {2}; ip link del tvo{3}; ip link del tvb{3}; ip netns del {0}; ip netns del {1}",
                        job_space, client_space, tap, id)};
        static_cast<void>(base::runProcess(request));
    }
    [[nodiscard]] int connect() const {
        return inNamespace(client_space, [] {
            const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const auto address = jobAddress();
            return ::connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? made : -1;
        });
    }
    [[nodiscard]] int accept() const { return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC); }
    protocol::StandInRequests requests() {
        auto seen = taps.requests(name);
        BOOST_REQUIRE(seen);
        return *seen;
    }
    bool eventually(const std::function<bool(const protocol::StandInRequests&)>& condition) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (std::chrono::steady_clock::now() < until) {
            if (condition(requests())) return true;
            ::usleep(5'000);
        }
        return false;
    }
    bool unanswered(std::uint64_t count) {
        return eventually([&](const auto& seen) { return seen.unanswered == count; });
    }
};

// Without Boost's macros, which only the test's own thread may use.
bool sendAll(int connection, std::size_t bytes) {
    const std::string words(bytes, 'x');
    for (std::size_t sent = 0; sent < bytes;) {
        const auto length = ::send(connection, words.data() + sent, bytes - sent, MSG_NOSIGNAL);
        if (length <= 0) return false;
        sent += static_cast<std::size_t>(length);
    }
    return true;
}

void send(int connection, std::size_t bytes) {
    BOOST_REQUIRE(sendAll(connection, bytes));
}

void receive(int connection, std::size_t bytes) {
    std::string words(65'536, '\0');
    while (bytes > 0) {
        const auto length = ::recv(connection, words.data(), std::min(bytes, words.size()), 0);
        BOOST_REQUIRE(length > 0);
        bytes -= static_cast<std::size_t>(length);
    }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tap_observer, Wire)

BOOST_AUTO_TEST_CASE(a_request_is_followed_from_its_connection_to_its_answer_and_end) {
    const int client = connect();
    const int server = accept();
    send(client, 100);
    receive(server, 100);
    ::usleep(700'000);  // past the moment that a new connection is given
    BOOST_TEST(requests().unanswered == 1U);
    send(server, 1000);
    receive(client, 1000);
    BOOST_TEST(unanswered(0));
    BOOST_TEST(requests().open_connections == 1U);
    ::close(client);
    ::close(server);
    BOOST_TEST(eventually([](const auto& seen) { return seen.open_connections == 0; }));
    BOOST_TEST(requests().complete);
}

BOOST_AUTO_TEST_CASE(a_half_closed_request_waits_for_its_answer) {
    const int client = connect();
    const int server = accept();
    send(client, 100);
    ::shutdown(client, SHUT_WR);
    receive(server, 100);
    ::usleep(700'000);
    BOOST_TEST(requests().unanswered == 1U);
    send(server, 10);
    ::close(server);
    receive(client, 10);
    ::close(client);
    BOOST_TEST(eventually([](const auto& seen) { return seen.open_connections == 0; }));
}

BOOST_AUTO_TEST_CASE(an_answer_the_client_does_not_read_is_under_way) {
    const int client = connect();
    const int server = accept();
    const int small = 4096;
    ::setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    send(client, 10);
    receive(server, 10);
    std::thread answering([&] { sendAll(server, 8 << 20); });
    ::usleep(700'000);
    BOOST_TEST(requests().unanswered == 1U);
    receive(client, 8 << 20);
    answering.join();
    BOOST_TEST(unanswered(0));
    ::close(client);
    ::close(server);
}

BOOST_AUTO_TEST_CASE(a_reset_connection_is_over) {
    const int client = connect();
    const int server = accept();
    send(client, 100);
    receive(server, 100);
    const linger hard{1, 0};
    ::setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(client);
    BOOST_TEST(eventually([](const auto& seen) { return seen.open_connections == 0; }));
    ::close(server);
}

BOOST_AUTO_TEST_CASE(many_connections_at_once_are_counted_exactly) {
    std::vector<int> clients;
    std::vector<int> servers;
    for (int i = 0; i < 200; ++i) {
        clients.push_back(connect());
        servers.push_back(accept());
        send(clients.back(), 10);
    }
    ::usleep(700'000);
    BOOST_TEST(requests().unanswered == 200U);
    for (std::size_t i = 0; i < 150; ++i) send(servers[i], 10);
    BOOST_TEST(unanswered(50));
    BOOST_TEST(requests().open_connections == 200U);
    BOOST_TEST(requests().complete);
    for (int each : clients) ::close(each);
    for (int each : servers) ::close(each);
}

BOOST_AUTO_TEST_CASE(a_restart_forgets_what_was_before) {
    const int client = connect();
    const int server = accept();
    send(client, 100);
    receive(server, 100);
    BOOST_TEST(requests().open_connections == 1U);
    BOOST_TEST(taps.restart(name));
    BOOST_TEST(requests().open_connections == 0U);
    BOOST_TEST(requests().complete);
    ::close(client);
    ::close(server);
}

BOOST_AUTO_TEST_CASE(a_watch_that_begins_late_is_incomplete) {
    const int client = connect();
    const int server = accept();
    BOOST_REQUIRE(taps.watch(name, tap, job, false));
    BOOST_TEST(!requests().complete);
    send(client, 100);
    receive(server, 100);
    BOOST_TEST(unanswered(1));
    ::close(client);
    ::close(server);
}

BOOST_AUTO_TEST_CASE(a_flood_beyond_the_ring_is_told_as_incomplete) {
    auto ring = hypervisor::PacketRing::open(tap, job.address);  // which nobody empties
    BOOST_REQUIRE(ring);
    const int client = connect();
    const int server = accept();
    const int no_delay = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
    std::uint64_t lost = 0;
    for (int i = 0; i < 20'000 && lost == 0; ++i) {
        send(client, 1);
        receive(server, 1);
        if (i % 1000 == 999) lost = ring->lost();
    }
    BOOST_TEST(lost > 0U);
    std::uint64_t kept = 0;
    ring->drain([&](auto, auto) { ++kept; });
    BOOST_TEST(kept > 1000U);
    ::close(client);
    ::close(server);
}

BOOST_AUTO_TEST_CASE(a_tap_that_went_away_is_told) {
    run("ip link del " + tap);
    const auto seen = taps.requests(name);
    BOOST_REQUIRE(!seen);
    BOOST_TEST((seen.error().code == base::ErrorCode::NotFound));
    BOOST_TEST(!taps.restart(name));
}

BOOST_AUTO_TEST_CASE(an_interface_that_is_not_there_cannot_be_watched) {
    const auto watched = taps.watch(name, "si-nowhere", job, true);
    BOOST_REQUIRE(!watched);
    BOOST_TEST((watched.error().code == base::ErrorCode::NotFound));
}

BOOST_AUTO_TEST_SUITE_END()
