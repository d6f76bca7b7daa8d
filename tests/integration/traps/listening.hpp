#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "agent/base/process.hpp"
#include "coordinator/traps/trap_listener.hpp"
#include "trap_sender.hpp"

namespace standin::traps::testing {

inline const base::SystemClock system_clock;

/// A listener on a free port of a loopback address, and what arrives at the other end of its queue.
class Listening {
  public:
    static constexpr const char* host = "127.79.1.1";

    explicit Listening(std::vector<SnmpUser> users = {}, std::vector<std::string> hosts = {host},
                       ServerDirectory known = {}, const std::string& memory = "/nonexistent",
                       bool allow_unauthenticated = true)
        : servers(std::move(known)), seen(memory) {
        static_cast<void>(seen.load());
        std::string pattern = (std::filesystem::temp_directory_path() / "standin-traps-XXXXXX").string();
        directory_ = mkdtemp(pattern.data());
        TrapListenerSettings settings;
        for (const auto& one : hosts) settings.listen.push_back({one, 0});
        settings.communities = {{"standin-test", "/secrets/communities"}, {"other", "/secrets/other"}};
        settings.users = std::move(users);
        settings.allow_unauthenticated = allow_unauthenticated;
        settings.engine_state_file = directory_ / "snmp_engine";
        listener.emplace(settings, servers, seen, queue, system_clock, base::Log("traps", [](auto, auto) {}));
        if (auto started = listener->start(); !started) throw std::runtime_error(started.error().message);
        reader_ = std::thread([this] {
            while (auto trap = queue.pop()) {
                const std::lock_guard lock(mutex_);
                if (durable_) acknowledge(*trap);
                traps_.push_back(std::move(*trap));
                arrived_.notify_all();
            }
        });
    }
    ~Listening() {
        queue.close();
        listener->stop();
        reader_.join();
        std::filesystem::remove_all(directory_);
    }
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;

    /// The first `count` traps; fewer if they do not come within 10 s.
    std::vector<Trap> await(std::size_t count) {
        std::unique_lock lock(mutex_);
        arrived_.wait_for(lock, std::chrono::seconds(10), [&] { return traps_.size() >= count; });
        return traps_;
    }

    /// From now on what arrives is not durable, until it is.
    void fillDisk() {
        const std::lock_guard lock(mutex_);
        durable_ = false;
    }
    void makeDurable() {
        const std::lock_guard lock(mutex_);
        durable_ = true;
        for (auto& trap : traps_) acknowledge(trap);
    }

    [[nodiscard]] std::uint16_t port() const { return listener->addresses().front().port; }
    [[nodiscard]] std::string target() const { return "udp:" + std::string(host) + ":" + std::to_string(port()); }

    /// net-snmp's own sender, e.g. {"snmptrap", "-v", "2c", …}; it reads nobody's configuration.
    base::ProcessOutcome run(std::vector<std::string> command) {
        command.insert(command.begin(), {"env", "SNMPCONFPATH=" + directory_.string(),
                                         "SNMP_PERSISTENT_DIR=" + directory_.string(), "MIBS="});
        return base::runProcess({.command = command, .input = {}}).value();
    }

    ServerDirectory servers;
    SeenMessages seen;
    TrapQueue queue;
    std::optional<TrapListener> listener;

  private:
    static void acknowledge(Trap& trap) {
        for (const auto& done : std::exchange(trap.acknowledge, {})) done();
    }

    std::filesystem::path directory_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Trap> traps_;
    bool durable_ = true;
    std::thread reader_;
};

/// Where a datagram goes that is to be sent again later.
class Capture {
  public:
    Capture() : socket_(TrapSocket::open({"127.79.1.2", 0}, 1 << 20).value()) {}
    [[nodiscard]] std::string target() const { return "udp:127.79.1.2:" + std::to_string(socket_->address().port); }
    /// The first; empty if none comes within 10 s.
    [[nodiscard]] std::string datagram() const {
        pollfd wait{socket_->descriptor(), POLLIN, 0};
        if (poll(&wait, 1, 10'000) != 1) return {};
        std::string bytes(65'536, '\0');
        const auto size = recv(socket_->descriptor(), bytes.data(), bytes.size(), 0);
        bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return bytes;
    }

  private:
    std::unique_ptr<TrapSocket> socket_;
};

inline void sendFrom(const std::string& source, const Listening& to, const std::string& datagram) {
    TrapSender(source, Listening::host, to.port()).send(datagram);
}

}  // namespace standin::traps::testing
