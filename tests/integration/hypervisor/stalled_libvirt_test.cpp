// A libvirtd that stands still for a while, as under a full disk or a debugger, and then goes on.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "agent/hypervisor/libvirt/libvirt_domains.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace standin;
using hypervisor::LibvirtDomains;

namespace {

sockaddr_un addressOf(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
}

/// This host's libvirtd behind a socket of our own that can be made to hand nothing on.
class Stallable {
  public:
    Stallable() {
        const auto address = addressOf(path);
        BOOST_REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        BOOST_REQUIRE(::listen(listener_, 64) == 0);
        threads_.emplace_back([this] { accept(); });
    }
    ~Stallable() {
        stall(false);
        ending_ = true;
        for (auto& thread : threads_) thread.join();  // the first one adds others, and only until it ends
        ::close(listener_);
    }
    void stall(bool stalled) {
        std::lock_guard lock(mutex_);
        stalled_ = stalled;
        changed_.notify_all();
    }

    tests::TemporaryDirectory directory;
    std::string path = directory / "libvirt";

  private:
    void accept() {
        while (!ending_) {
            pollfd waiting{listener_, POLLIN, 0};
            if (::poll(&waiting, 1, 50) <= 0) continue;
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
            const auto real = addressOf("/run/libvirt/libvirt-sock");
            BOOST_REQUIRE(::connect(server, reinterpret_cast<const sockaddr*>(&real), sizeof real) == 0);
            threads_.emplace_back([this, client, server] { relay(client, server); });
        }
    }
    void relay(int client, int server) {
        bool open = true;
        while (open && !ending_) {
            pollfd both[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
            if (::poll(both, 2, 50) <= 0) continue;
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [this] { return !stalled_; });
            }
            if (both[0].revents != 0) open = handOn(client, server);
            if (open && both[1].revents != 0) open = handOn(server, client);
        }
        ::close(client);
        ::close(server);
    }
    static bool handOn(int from, int to) {
        char buffer[65536];
        const auto length = ::recv(from, buffer, sizeof buffer, 0);
        return length > 0 && ::send(to, buffer, static_cast<std::size_t>(length), MSG_NOSIGNAL) == length;
    }

    const int listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::list<std::thread> threads_;
    std::atomic<bool> ending_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stalled_ = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(stalled_libvirt)

BOOST_AUTO_TEST_CASE(a_libvirt_that_stands_still_under_many_calls_is_used_again_when_it_goes_on) {
    Stallable libvirt;
    LibvirtDomains domains("qemu+unix:///system?socket=" + libvirt.path + "&mode=direct");
    BOOST_REQUIRE(domains.host());
    for (int round = 0; round < 3; ++round) {
        libvirt.stall(true);
        std::atomic<int> timed_out = 0;
        std::vector<std::thread> callers;
        for (int caller = 0; caller < 6; ++caller) {
            callers.emplace_back([&] {
                for (int call = 0; call < 3; ++call) {  // longer than libvirt's own signs of life
                    const auto host = domains.host();
                    if (!host && host.error().code == base::ErrorCode::TimedOut) ++timed_out;
                }
            });
        }
        for (auto& caller : callers) caller.join();
        BOOST_TEST(timed_out == 18);
        libvirt.stall(false);
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        auto host = domains.host();
        while (!host && std::chrono::steady_clock::now() < until) host = domains.host();
        BOOST_TEST(host.has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()
