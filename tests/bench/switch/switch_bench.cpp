// What the switch agent adds to Open vSwitch itself: the owner of a segment goes back and forth, once by the bare
// transaction that must be, once by the keeper, once by HTTPS as the coordinator does it. Usage: sudo
// .build/release/tests/switch_bench [rounds]
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>

#include "agent/http/command_gate.hpp"
#include "agent/http/metrics.hpp"
#include "agent/http/server.hpp"
#include "agent/protocol/agent_client.hpp"
#include "agent/switch/ovs/ovsdb_client.hpp"
#include "agent/switch/switch_capability.hpp"
#include "tests/integration/switch/switched_job.hpp"
#include "tests/support/certificates.hpp"

namespace standin::tests {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using protocol::Json;

struct Samples {
    std::vector<double> ms;
    void add(Clock::duration duration) { ms.push_back(std::chrono::duration<double, std::milli>(duration).count()); }
    [[nodiscard]] double at(double part) const {
        auto sorted = ms;
        std::sort(sorted.begin(), sorted.end());
        return sorted.empty() ? 0
                              : sorted[std::min(sorted.size() - 1,
                                                static_cast<std::size_t>(part * static_cast<double>(sorted.size())))];
    }
};

void print(const char* what, const Samples& samples) {
    fmt::print("{:<46} median {:6.2f} ms   p90 {:6.2f} ms   least {:6.2f} ms\n", what, samples.at(0.5), samples.at(0.9),
               samples.at(0));
}

// The least that has to be done: two tags and the configuration's number in one transaction, then the daemon's word
// that it is so.
struct Floor {
    Samples answered;
    Samples applied;

    Floor(const SwitchedJob& job, int rounds) {
        lan_switch::OvsdbClient client(
            job.lan.places().ovsdb_socket, "Open_vSwitch", {{"Open_vSwitch", {{"columns", {"cur_cfg"}}}}},
            {[this](const Json& tables) { see(tables); }, [this](const Json& tables) { see(tables); }, [] {}},
            base::Log("floor", base::LogLevel::Error));
        client.start();
        if (!eventually([&] { return client.connected(); })) std::abort();
        for (int round = 0; round < rounds; ++round) move(client, job, round % 2 == 0);
    }

  private:
    void move(lan_switch::OvsdbClient& client, const SwitchedJob& job, bool away) {
        auto tag = [](const std::string& port, int vlan) {
            return Json{{"op", "update"},
                        {"table", "Port"},
                        {"where", Json::array({Json::array({"name", "==", port})})},
                        {"row", {{"tag", vlan}}}};
        };
        const auto begin = Clock::now();
        auto results =
            client.transact(Json::array({tag(job.server.port(), away ? 4090 : job_vlan),
                                         tag(job.stand_in.port(), away ? job_vlan : 4090),
                                         Json{{"op", "mutate"},
                                              {"table", "Open_vSwitch"},
                                              {"where", Json::array()},
                                              {"mutations", Json::array({Json::array({"next_cfg", "+=", 1})})}},
                                         Json{{"op", "select"},
                                              {"table", "Open_vSwitch"},
                                              {"where", Json::array()},
                                              {"columns", Json::array({"next_cfg"})}}}),
                            1s);
        answered.add(Clock::now() - begin);
        if (!results) throw std::runtime_error(results.error().message);
        const std::int64_t wanted = (*results)[3]["rows"][0]["next_cfg"];
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, 2s, [&] { return current_ >= wanted; });
        applied.add(Clock::now() - begin);
    }
    void see(const Json& tables) {
        std::lock_guard lock(mutex_);
        for (const auto& row : tables.value("Open_vSwitch", Json::object())) current_ = row["new"]["cur_cfg"];
        changed_.notify_all();
    }
    std::mutex mutex_;
    std::condition_variable changed_;
    std::int64_t current_ = 0;
};

// A client that sends all the time, and when the frames begin to arrive at a machine.
class Arrivals {
  public:
    Arrivals(const Machine& client, const std::vector<const Machine*>& machines) : times_(machines.size()) {
        for (std::size_t i = 0; i < machines.size(); ++i) {
            const int socket = bound(*machines[i]);
            threads_.emplace_back([this, socket, i] { receive(socket, times_[i]); });
        }
        client.inside([this] { sender_ = ::socket(AF_INET, SOCK_DGRAM, 0); });
        threads_.emplace_back([this] { send(); });
    }
    ~Arrivals() {
        done_ = true;
        for (auto& thread : threads_) thread.join();
        ::close(sender_);
    }
    /// The first arrival at that machine after `begin`.
    Clock::duration first(std::size_t machine, Clock::time_point begin) {
        const auto since = begin.time_since_epoch().count();
        const auto until = Clock::now() + 2s;
        // A look every 50 us costs the switch less than being woken for each frame would.
        while (times_[machine] < since && Clock::now() < until) std::this_thread::sleep_for(50us);
        return Clock::duration(times_[machine] - since);
    }
    void arm(std::size_t machine) { times_[machine] = 0; }

  private:
    static int bound(const Machine& machine) {
        int socket = -1;
        machine.inside([&] {
            socket = ::socket(AF_INET, SOCK_DGRAM, 0);
            sockaddr_in place{AF_INET, htons(9), {}, {}};
            ::bind(socket, reinterpret_cast<sockaddr*>(&place), sizeof(place));
            const timeval limit{0, 100'000};
            ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        });
        return socket;
    }
    void receive(int socket, std::atomic<Clock::rep>& first) {
        char buffer[64];
        while (!done_) {
            if (::recv(socket, buffer, sizeof(buffer), 0) <= 0) continue;
            Clock::rep none = 0;
            first.compare_exchange_strong(none, Clock::now().time_since_epoch().count());
        }
        ::close(socket);
    }
    void send() {
        sockaddr_in place{AF_INET, htons(9), {}, {}};
        inet_pton(AF_INET, job_address, &place.sin_addr);
        while (!done_) {
            (void)::sendto(sender_, "x", 1, 0, reinterpret_cast<sockaddr*>(&place), sizeof(place));
            std::this_thread::sleep_for(100us);  // the client's pace; it waits for nothing
        }
    }
    std::vector<std::atomic<Clock::rep>> times_;
    std::vector<std::thread> threads_;
    std::atomic<bool> done_{false};
    int sender_ = -1;
};

struct Orders {
    Samples whole;
    Samples transaction;
    Samples announcement;
    void add(Clock::time_point begin, const protocol::Segment& segment) {
        whole.add(Clock::now() - begin);
        transaction.ms.push_back(segment.transaction_ms);
        announcement.ms.push_back(segment.announce_ms);
    }
};

Orders byKeeper(SwitchedJob& job, int rounds) {
    Orders orders;
    for (int round = 0; round < rounds; ++round) {
        const auto order = job.order(round % 2 == 0 ? "stand-in" : "server");
        const auto begin = Clock::now();
        orders.add(begin, job.give(order));
    }
    return orders;
}

// Apart from the others, since the client's frames go through the same processors as everything that is measured.
Samples firstFrames(SwitchedJob& job, int rounds) {
    Samples samples;
    Arrivals arrivals(job.client, {&job.server, &job.stand_in});
    for (int round = 0; round < rounds; ++round) {
        const std::size_t to = round % 2 == 0 ? 1 : 0;
        const auto order = job.order(to == 1 ? "stand-in" : "server");
        arrivals.arm(to);
        const auto begin = Clock::now();
        job.give(order);
        samples.add(arrivals.first(to, begin));
    }
    return samples;
}

Orders byHttps(SwitchedJob& job, int rounds) {
    const http::TlsLibrary tls_library;
    CertificateAuthority authority;
    TemporaryDirectory directory;
    const base::SystemClock clock;
    const base::Log log("bench", base::LogLevel::Error);
    http::Metrics metrics;
    http::Router router;
    lan_switch::SwitchCapability capability({job.lan.places(), {3000, 3999}}, clock, metrics, log);
    if (!capability.start()) std::abort();
    capability.addRoutes(router);
    auto gate = http::CommandGate::open(directory / "epoch");
    auto tls = http::serverContext(authority.issue("switch1"));
    http::ServerSettings settings;
    settings.host = "127.0.0.1";
    http::Server server(settings, *tls, router, {http::Roles::ofAgent({"coordinator"}, {}), gate->get()}, log);
    if (!server.start()) std::abort();
    auto client = protocol::AgentClient::open("switch1", fmt::format("https://127.0.0.1:{}", server.port()),
                                              *http::clientContext(authority.issue("coordinator")));
    if (!client) throw std::runtime_error(client.error().message);
    Orders orders;
    for (int round = -2; round < rounds; ++round) {
        const auto order = job.order(round % 2 == 0 ? "stand-in" : "server");
        const auto begin = Clock::now();
        auto answer =
            (*client)->put("/v1/segments/job01", toJson(order), {1, fmt::format("{}/GiveSegment", round + 2)}, 5s);
        if (!answer) throw std::runtime_error(answer.error().message);
        auto segment = protocol::segmentFrom(answer->body);
        if (!segment) throw std::runtime_error(segment.error().message);
        if (round >= 0) orders.add(begin, *segment);
    }
    server.stop();
    capability.stop();
    return orders;
}

int measure(int rounds) {
    SwitchedJob job;
    const Floor floor(job, rounds);
    job.give(job.order("server"));
    const auto keeper = byKeeper(job, rounds);
    const auto first_frames = firstFrames(job, rounds);
    job.keeper->stop();
    const auto https = byHttps(job, rounds);
    print("floor: bare transaction, answered", floor.answered);
    print("floor: bare transaction, applied by the switch", floor.applied);
    print("keeper: transaction, applied and read back", keeper.transaction);
    print("keeper: first announcement", keeper.announcement);
    print("keeper: whole order", keeper.whole);
    print("keeper: order begun to first frame at the owner", first_frames);
    print("agent: PUT over HTTPS, whole", https.whole);
    fmt::print("RESULT {}\n", Json{{"rounds", rounds},
                                   {"floor_applied_ms", floor.applied.at(0.5)},
                                   {"put_ms", https.whole.at(0.5)},
                                   {"first_frame_ms", first_frames.at(0.5)},
                                   {"put_to_floor", https.whole.at(0.5) / floor.applied.at(0.5)}}
                                  .dump());
    return 0;
}

}  // namespace
}  // namespace standin::tests

int main(int count, char** arguments) {
    try {
        return standin::tests::measure(count > 1 ? std::max(2, std::atoi(arguments[1])) : 200);
    } catch (const std::exception& problem) {
        fmt::print(stderr, "switch_bench: {}\n", problem.what());
        return 1;
    }
}
