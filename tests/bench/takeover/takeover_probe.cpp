// The stop-watches of the takeover's benchmark, as takeover_bench.py uses them; each prints one JSON object.
//
//   takeover_probe watch NAMESPACE ADDRESS PORT PATH            waits for the next trap on this host, then asks the job
//                                                               all the time: when it came, when the first answer came
//   takeover_probe bare NAMESPACE ADDRESS PORT PATH DOMAIN OVS_PORT VLAN QUARANTINE
//                                                               one bare takeover of a machine that nobody protects
#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <system_error>

#include "tests/bench/takeover/bare_takeover.hpp"

namespace standin::tests {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t trap_port = 1162;
// Five hundred attempts in a second find the moment to 2 ms and leave the host its time.
constexpr auto ask_every = 2ms;

double seconds(std::chrono::system_clock::time_point time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// Sees what is sent on loopback, as the trap is.
class TrapWatch {
  public:
    TrapWatch() : socket_(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP))) {
        sockaddr_ll place{};
        place.sll_family = AF_PACKET;
        place.sll_protocol = htons(ETH_P_IP);
        place.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
        if (socket_ < 0 || ::bind(socket_, reinterpret_cast<sockaddr*>(&place), sizeof(place)) != 0)
            throw std::system_error(errno, std::generic_category(), "packet socket on lo");
    }
    ~TrapWatch() { ::close(socket_); }
    TrapWatch(const TrapWatch&) = delete;
    TrapWatch& operator=(const TrapWatch&) = delete;

    std::chrono::system_clock::time_point next() const {
        while (true) {
            unsigned char packet[2048];
            const auto size = ::recv(socket_, packet, sizeof(packet), 0);
            if (size < static_cast<ssize_t>(sizeof(iphdr) + sizeof(udphdr))) continue;
            const auto* ip = reinterpret_cast<const iphdr*>(packet);
            const auto* udp = reinterpret_cast<const udphdr*>(packet + ip->ihl * 4);
            // An SNMPv3 sender asks for the engine first; the trap itself is far longer than that.
            if (ip->protocol == IPPROTO_UDP && ntohs(udp->dest) == trap_port && ntohs(udp->len) > 150)
                return std::chrono::system_clock::now();
        }
    }

  private:
    int socket_;
};

int watch(const AskedJob& job) {
    const TrapWatch traps;
    fmt::print(stderr, "watching\n");
    const auto trap = traps.next();
    enterNamespace(job.network_namespace);
    const auto answer = askUntilAnswered(job, ask_every, 60s);
    fmt::print("{{\"trap_at\": {:.6f}, \"first_answer_at\": {:.6f}, \"attempts\": {}}}\n", seconds(trap),
               seconds(answer.at), answer.attempts);
    return EXIT_SUCCESS;
}

int bare(const AskedJob& job, const BareMachine& machine) {
    const auto takeover = takeOverBare(machine, job);
    fmt::print("{{\"resume_ms\": {:.3f}, \"segment_ms\": {:.3f}, \"answer_ms\": {:.3f}}}\n", takeover.resume_ms,
               takeover.segment_ms, takeover.answer_ms);
    return EXIT_SUCCESS;
}

int run(int count, char** words) {
    if (count < 6) throw std::runtime_error("usage: takeover_probe watch|bare NAMESPACE ADDRESS PORT PATH …");
    const AskedJob job{words[2], words[3], static_cast<std::uint16_t>(std::stoi(words[4])), words[5]};
    const std::string mode = words[1];
    if (mode == "watch" && count == 6) return watch(job);
    if (mode == "bare" && count == 10) return bare(job, {words[6], words[7], std::stoi(words[8]), std::stoi(words[9])});
    throw std::runtime_error("takeover_probe: wrong number of words");
}

}  // namespace
}  // namespace standin::tests

int main(int count, char** words) {
    try {
        return standin::tests::run(count, words);
    } catch (const std::exception& error) {
        fmt::print(stderr, "takeover_probe: {}\n", error.what());
        return EXIT_FAILURE;
    }
}
