#include "agent/base/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "tests/support/temporary_directory.hpp"

using namespace standin;
using namespace std::chrono_literals;

namespace {

/// A service manager's socket, and what came to it.
class Socket {
  public:
    explicit Socket(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.data(), name.size());
        if (name.front() == '@') address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        BOOST_REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    }
    ~Socket() { ::close(socket_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    [[nodiscard]] std::string next() const {
        std::array<char, 4096> buffer{};
        const auto length = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        return length < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(length));
    }

  private:
    const int socket_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(service_manager)

BOOST_AUTO_TEST_CASE(what_a_service_says_arrives_at_either_kind_of_socket) {
    const tests::TemporaryDirectory directory;
    for (const std::string& name : {directory / "notify", "@standin-test-" + std::to_string(::getpid())}) {
        const Socket socket(name);
        const base::ServiceManager manager(name, 30s);
        manager.ready();
        BOOST_TEST(socket.next() == "READY=1");
        manager.alive();
        BOOST_TEST(socket.next() == "WATCHDOG=1");
        manager.status("epoch 7\nREADY=0");
        BOOST_TEST(socket.next() == "STATUS=epoch 7 READY=0");  // one message stays one
        manager.stopping();
        BOOST_TEST(socket.next() == "STOPPING=1");
        BOOST_TEST((manager.aliveEvery() == 10s));
    }
}

BOOST_AUTO_TEST_CASE(without_a_service_manager_nothing_is_said_and_nobody_waits) {
    const base::ServiceManager nobody;
    nobody.ready();
    BOOST_TEST(!nobody.aliveEvery().has_value());
    const base::ServiceManager gone("/nowhere/at/all", 30s);
    gone.alive();
    const base::ServiceManager too_long(std::string(200, 'x'), 30s);
    too_long.alive();
}

BOOST_AUTO_TEST_CASE(the_environment_is_read_once_and_not_handed_on) {
    ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
    ::setenv("WATCHDOG_USEC", "60000000", 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    BOOST_TEST((base::ServiceManager::ofThisProcess().aliveEvery() == 20s));
    BOOST_TEST(std::getenv("NOTIFY_SOCKET") == nullptr);
    BOOST_TEST(!base::ServiceManager::ofThisProcess().aliveEvery().has_value());
    ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
    ::setenv("WATCHDOG_USEC", "60000000", 1);
    ::setenv("WATCHDOG_PID", "1", 1);  // meant for another process
    BOOST_TEST(!base::ServiceManager::ofThisProcess().aliveEvery().has_value());
    ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
    ::setenv("WATCHDOG_USEC", "soon", 1);
    BOOST_TEST(!base::ServiceManager::ofThisProcess().aliveEvery().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
