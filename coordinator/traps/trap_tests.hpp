#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/identifier.hpp"
#include "agent/base/worker.hpp"
#include "agent/protocol/common.hpp"
#include "coordinator/traps/classify.hpp"
#include "coordinator/traps/trap_log.hpp"

namespace standin::traps {

/// A platform event that says nothing of a machine (sensor type 24h, platform alert, offset 2), with numbers by which
/// its trap is recognised: a Platform Event Trap has no flag for tests.
struct TestEvent {
    static constexpr std::uint8_t sensor_type = 0x24, event_type = 0x6f, offset = 0x02, sensor_number = 0x5d;
    std::uint8_t data2 = 0, data3 = 0;  ///< chosen for each test

    /// Whether the trap is this event's: its number, and as far as its octets go sensor number and event data.
    [[nodiscard]] bool isOf(const Trap& trap) const;
};

/// Makes a server's BMC send a test trap; returns when the BMC was told, with what was done, for people.
using TestTrapSender = std::function<base::Result<std::string>(const base::ServerName& server, const TestEvent& event)>;

/// The trap path of a server: from its BMC to a verdict.
struct TrapPathState {
    enum class State {
        Untested,
        Testing,
        Heard,  ///< the last test trap arrived, was believed and named this server
        Deaf    ///< it did not: a failure of this server may start nothing
    };
    State state = State::Untested;
    base::WallTime tested_at{};  ///< the end of the last test
    std::string problem;         ///< of a deaf one
    std::string cure;
    std::uint64_t trap_id = 0;  ///< the test trap that was heard
    double took_ms = 0;         ///< from the request until it arrived
    unsigned failures = 0;      ///< tests in a row that failed
};
std::string_view nameOf(TrapPathState::State state);
nlohmann::json toJson(const TrapPathState& state);

/// Tests the trap path of every server, on request and regularly, spread over the time. A test trap has to arrive from
/// the right source with the right credentials, to be graded `test` and to name its server, within a bound. Starts
/// nothing else. Results are kept in a file. Thread-safe.
class TrapTests {
  public:
    struct Settings {
        std::vector<base::ServerName> servers;
        std::chrono::milliseconds every{0};  ///< 0: only on request
        std::chrono::milliseconds within{30'000};
        std::string file;
    };
    using Tell = std::function<void(const base::ServerName& server, const std::string& message)>;
    static constexpr std::size_t at_once = 8;  ///< BMCs are slow, and many requests at a time disturb nobody

    /// `clock` outlives it; `tell` must return at once.
    TrapTests(Settings settings, TestTrapSender sender, const base::Clock& clock, Tell tell);
    ~TrapTests();
    TrapTests(const TrapTests&) = delete;
    TrapTests& operator=(const TrapTests&) = delete;

    /// Corrupt: the file cannot be read; then every path is untested.
    base::Result<void> load();
    base::Result<void> save();
    void start();
    void stop();

    /// Has the server's path tested soon; nothing else if that is under way. NotFound: there is no such server.
    base::Result<void> request(const base::ServerName& server);
    void requestAll();
    [[nodiscard]] TrapPathState of(const base::ServerName& server) const;
    [[nodiscard]] std::map<base::ServerName, TrapPathState> all() const;
    [[nodiscard]] protocol::HealthCheck check() const;

    /// Whether this may be a trap that a test has asked for; quick if none is under way.
    [[nodiscard]] bool mayExpect(const Trap& trap) const;
    /// Whether the server's test under way has asked for this trap.
    [[nodiscard]] bool expects(const base::ServerName& server, const Trap& trap) const;
    /// Takes every trap with its verdict that is no failure.
    void take(const TrapRecord& record);

  private:
    struct Path {
        TrapPathState shown;
        bool wanted = false, running = false, heard = false;
        TestEvent event;
        base::SteadyTime asked_at{};
        std::uint64_t heard_trap = 0;
        double heard_after_ms = 0;
        std::string seen;  ///< what arrived instead
        base::WallTime next{};
    };
    void run(const std::stop_token& stop);
    std::optional<base::ServerName> takeDue();
    void test(const base::ServerName& server, const std::stop_token& stop);
    void finish(const base::ServerName& server, const std::string& problem);
    void schedule();
    [[nodiscard]] base::WallTime nextAfter(const base::ServerName& server, base::WallTime now) const;
    [[nodiscard]] nlohmann::json written() const;

    const Settings settings_;
    const TestTrapSender sender_;
    const base::Clock& clock_;
    const Tell tell_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<base::ServerName, Path> paths_;
    std::atomic<std::size_t> running_{0};
    bool unsaved_ = false;
    base::Worker workers_;
};

}  // namespace standin::traps
