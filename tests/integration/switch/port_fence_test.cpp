#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <thread>

#include "tests/integration/switch/switched_job.hpp"

using namespace standin;
using namespace standin::tests;
using namespace std::chrono_literals;

namespace {

std::int64_t realTime() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

// A client that sends frames to the job all the time, and the kernel's word on when they reached a machine.
struct FloodedJob : SwitchedJob {
    FloodedJob() {
        server.inside([this] {
            receiver = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
            const int on = 1;
            const timeval silence{0, 30'000};
            ::setsockopt(receiver, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
            ::setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
            const sockaddr_in place = placeOf("0.0.0.0");
            ::bind(receiver, reinterpret_cast<const sockaddr*>(&place), sizeof(place));
        });
        client.inside([this] { sender = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); });
        flood = std::thread([this] {
            const sockaddr_in place = placeOf(job_address);
            while (!done) {
                (void)::sendto(sender, "x", 1, 0, reinterpret_cast<const sockaddr*>(&place), sizeof(place));
                std::this_thread::sleep_for(100us);  // the rate of the flood, nothing is awaited
            }
        });
    }
    ~FloodedJob() {
        done = true;
        flood.join();
        ::close(sender);
        ::close(receiver);
    }
    static sockaddr_in placeOf(const char* address) {
        sockaddr_in place{};
        place.sin_family = AF_INET;
        place.sin_port = htons(9);
        inet_pton(AF_INET, address, &place.sin_addr);
        return place;
    }
    /// When the next frame reached the server; 0 if none comes for a while.
    std::int64_t nextArrival() const {
        char byte = 0;
        alignas(cmsghdr) char control[128];
        iovec piece{&byte, 1};
        msghdr message{};
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        if (::recvmsg(receiver, &message, 0) < 0) return 0;
        timespec stamp{};
        for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
            if (part->cmsg_type == SO_TIMESTAMPNS) std::memcpy(&stamp, CMSG_DATA(part), sizeof(stamp));
        }
        return stamp.tv_sec * 1'000'000'000LL + stamp.tv_nsec;
    }

    int receiver = -1;
    int sender = -1;
    std::atomic<bool> done{false};
    std::thread flood;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(not_one_frame_reaches_a_port_after_its_fence_was_confirmed, FloodedJob) {
    for (int round = 0; round < 30; ++round) {
        give(order("server"));
        BOOST_REQUIRE(eventually([&] { return nextArrival() > 0; }));
        give(order(""));
        const auto confirmed = realTime();
        std::int64_t last = 0;
        while (const auto arrival = nextArrival()) last = arrival;
        BOOST_TEST(last <= confirmed,
                   "round " << round << ": a frame came " << (last - confirmed) / 1000 << " us after");
    }
}
