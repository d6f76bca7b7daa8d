// 20,000 traps back to back on one address: what Standin's reception makes of them, beside snmptrapd with its defaults,
// in the same run.
//
//   usage: .build/release/tests/traps_bench [number of traps, default 20000] [rounds, default 3]
//
// One trap, at three quarters of the burst, tells of a failure; the others differ each from each, so that nothing can
// be counted together. Prints a table and, as its last line, `RESULT {json}`.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "coordinator/traps/trap_intake.hpp"
#include "coordinator/traps/trap_listener.hpp"
#include "trap_bytes.hpp"
#include "trap_sender.hpp"

namespace {

using namespace standin;
using Steady = std::chrono::steady_clock;

constexpr const char* receiving = "127.79.2.1";
constexpr const char* sending = "127.79.2.2";
constexpr std::uint32_t noise_event = 0x040102;      // a fan's speed is low
constexpr std::uint32_t important_event = 0x076f01;  // a processor's thermal trip

struct Outcome {
    std::size_t received = 0;
    double verdict_ms = -1;  ///< from the sending of the trap that matters until somebody knows of it; -1: never
    double all_ms = -1;      ///< from the first sending until the last one that was received
    double peak_rss_mib = 0;
    std::string note;
};

double since(Steady::time_point start) {
    return std::chrono::duration<double, std::milli>(Steady::now() - start).count();
}

double peakRssMib(pid_t pid) {
    std::ifstream status(fmt::format("/proc/{}/status", pid));
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
    }
    return 0;
}

class Directory {
  public:
    Directory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "standin-bench-XXXXXX").string();
        path = mkdtemp(pattern.data());
    }
    ~Directory() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

/// A child process that is gone when this is.
class Child {
  public:
    template <typename Body>
    explicit Child(Body body) : pid_(fork()) {
        if (pid_ != 0) return;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        body();
        _exit(0);
    }
    ~Child() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    pid_t pid_;
};

/// What the receiving child tells, in memory that both see.
struct StatusBoard {
    std::atomic<std::uint16_t> port{0};
    std::atomic<std::uint64_t> handled{0};
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<std::int64_t> verdict_ns{-1};
};

void receive(StatusBoard& board, const std::string& directory) {
    const base::SystemClock clock;
    const base::Log quiet("traps", [](auto, auto) {});
    traps::TrapQueue queue;
    auto trap_log = traps::openSqliteTrapLog(directory + "/traps.sqlite").value();
    traps::ServerDirectory servers;
    if (!servers.addAddress(base::ServerName("server01"), sending)) return;
    traps::TrapIntake intake(queue, traps::TrapRules::fromFile(STANDIN_SHIPPED_RULES).value(), servers,
                             traps::TrapIntake::Outlets{*trap_log,
                                                        [&](const traps::FailureReport&) {
                                                            board.verdict_ns = Steady::now().time_since_epoch().count();
                                                        }},
                             clock, quiet);
    traps::SeenMessages seen(directory + "/seen");
    traps::TrapListener listener({.listen = {{receiving, 0}},
                                  .communities = {{"standin-test", "communities"}},
                                  .users = {},
                                  .engine_state_file = directory + "/engine"},
                                 servers, seen, queue, clock, quiet);
    if (!listener.start()) return;
    intake.start();
    board.port = listener.addresses().front().port;
    while (true) {
        std::uint64_t handled = 0;
        for (const auto count : intake.counts().traps) handled += count;
        board.handled = handled;
        board.dropped = listener.counts().kernel_drops;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

struct Burst {
    std::vector<std::string> before, after;
    std::string important;
    [[nodiscard]] std::size_t size() const { return before.size() + 1 + after.size(); }
};

Burst makeBurst(std::size_t count) {
    const auto platformEvent = [](std::uint32_t event, std::size_t number) {
        traps::testing::TrapText text;
        text.request_id = static_cast<std::uint32_t>(number);
        text.trap_oid = {1, 3, 6, 1, 4, 1, 3183, 1, 1, 0, event};
        // As long as a real platform event trap's octets.
        text.octets = {{{1, 3, 6, 1, 4, 1, 3183, 1, 1, 1}, fmt::format("{:>46}", number)}};
        return traps::testing::encode(text);
    };
    Burst burst;
    for (std::size_t i = 0; i + 1 < count; ++i) {
        (i < count * 3 / 4 ? burst.before : burst.after).push_back(platformEvent(noise_event, i));
    }
    burst.important = platformEvent(important_event, 0);
    return burst;
}

struct Sent {
    Steady::time_point began, important;
    double took_ms;
};

Sent sendTo(std::uint16_t port, const Burst& burst) {
    traps::testing::TrapSender sender(sending, receiving, port);
    Sent sent{Steady::now(), {}, 0};
    sender.sendAll(burst.before);
    sent.important = Steady::now();
    sender.send(burst.important);
    sender.sendAll(burst.after);
    sent.took_ms = since(sent.began);
    return sent;
}

/// Calls `count` until it has reached `enough` or has not changed for 2 s; gives the time of its last change.
template <typename Count>
double awaitAll(std::size_t enough, Steady::time_point began, Count count) {
    std::size_t last = 0;
    double changed_ms = since(began);
    while (last < enough && since(began) - changed_ms < 2000) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        if (const std::size_t now = count(); now != last) {
            last = now;
            changed_ms = since(began);
        }
    }
    return changed_ms;
}

Outcome withStandin(const Burst& burst) {
    const Directory directory;
    auto* board = static_cast<StatusBoard*>(
        mmap(nullptr, sizeof(StatusBoard), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    new (board) StatusBoard;
    Outcome outcome;
    {
        const Child child([&] { receive(*board, directory.path); });
        while (board->port == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        const auto sent = sendTo(board->port, burst);
        outcome.all_ms = awaitAll(burst.size(), sent.began, [&] { return board->handled.load(); });
        outcome.received = board->handled;
        const std::int64_t verdict = board->verdict_ns;
        if (verdict >= 0)
            outcome.verdict_ms = static_cast<double>(verdict - sent.important.time_since_epoch().count()) / 1e6;
        std::this_thread::sleep_for(
            std::chrono::milliseconds(500));  // the trap log is written, which also takes memory
        outcome.peak_rss_mib = peakRssMib(child.pid());
        outcome.note = fmt::format("sent in {:.0f} ms, {} dropped by the kernel", sent.took_ms, board->dropped.load());
    }
    munmap(board, sizeof(StatusBoard));
    return outcome;
}

std::uint16_t freePort() {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    inet_pton(AF_INET, receiving, &address.sin_addr);
    bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(address.sin_port);
}

/// snmptrapd as packaged, told only to take our community and to write a line for each trap to a file.
Outcome withSnmptrapd(const Burst& burst) {
    const Directory directory;
    const auto output = directory.path / "traps.log";
    std::ofstream(directory.path / "snmptrapd.conf") << "authCommunity log standin-test\n";
    const auto port = freePort();
    const Child child([&] {
        const int log = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        setenv("MIBS", "", 1);
        setenv("SNMP_PERSISTENT_DIR", directory.path.c_str(), 1);
        const auto address = fmt::format("udp:{}:{}", receiving, port);
        const auto configuration = (directory.path / "snmptrapd.conf").string();
        execlp("snmptrapd", "snmptrapd", "-f", "-n", "-On", "-C", "-c", configuration.c_str(), "-Lo", "-F", "trap %v\n",
               address.c_str(), nullptr);
        _exit(127);
    });
    const auto lines = [&](std::string_view wanted) {
        std::size_t count = 0;
        std::ifstream file(output);
        for (std::string line; std::getline(file, line);) count += line.find(wanted) != std::string::npos ? 1 : 0;
        return count;
    };
    const auto ready = Steady::now();
    while (lines("NET-SNMP version") == 0 && since(ready) < 5000)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const auto sent = sendTo(port, burst);
    const auto important = fmt::format("3183.1.1.0.{}", important_event);
    Outcome outcome;
    outcome.all_ms = awaitAll(burst.size(), sent.began, [&] {
        if (outcome.verdict_ms < 0 && lines(important) > 0) outcome.verdict_ms = since(sent.important);
        return lines("trap ");
    });
    outcome.received = lines("trap ");
    outcome.peak_rss_mib = peakRssMib(child.pid());
    outcome.note = fmt::format("sent in {:.0f} ms", sent.took_ms);
    return outcome;
}

nlohmann::json show(std::string_view name, std::size_t sent, const Outcome& outcome) {
    fmt::print("{:<10} {:>6} of {:>6} ({:>5.1f} %)  verdict {:>9}  all {:>7.0f} ms  peak {:>5.1f} MiB  {}\n", name,
               outcome.received, sent, 100.0 * static_cast<double>(outcome.received) / static_cast<double>(sent),
               outcome.verdict_ms < 0 ? std::string("LOST") : fmt::format("{:.1f} ms", outcome.verdict_ms),
               outcome.all_ms, outcome.peak_rss_mib, outcome.note);
    return {{"sent", sent},
            {"received", outcome.received},
            {"verdict_ms", outcome.verdict_ms},
            {"all_ms", outcome.all_ms},
            {"peak_rss_mib", outcome.peak_rss_mib}};
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t count = argc > 1 ? std::stoul(argv[1]) : 20'000;
    const int rounds = argc > 2 ? std::stoi(argv[2]) : 3;
    if (count < 2 || rounds < 1) return 2;
    const auto burst = makeBurst(count);
    nlohmann::json result{{"standin", nlohmann::json::array()}, {"snmptrapd", nlohmann::json::array()}};
    bool well = true;
    for (int round = 0; round < rounds; ++round) {
        const auto ours = withStandin(burst);
        result["standin"].push_back(show("standin", burst.size(), ours));
        result["snmptrapd"].push_back(show("snmptrapd", burst.size(), withSnmptrapd(burst)));
        well = well && ours.received == burst.size() && ours.verdict_ms >= 0 && ours.verdict_ms < 1000;
    }
    fmt::print("RESULT {}\n", result.dump());
    return well ? 0 : 1;
}
