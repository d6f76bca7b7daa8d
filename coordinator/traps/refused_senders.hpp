#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/protocol/common.hpp"
#include "coordinator/traps/server_directory.hpp"
#include "coordinator/traps/trap_log.hpp"

namespace standin::traps {

/// A sender that should be believed, and whose traps start nothing.
struct RefusedSender {
    std::string name;  ///< `server 'server01'`, `forwarder 10.9.9.9`, `sender 10.0.0.7`
    base::ServerName server;
    std::string reason;
    std::string cure;           ///< what to do, with the line to write
    std::uint64_t trap_id = 0;  ///< the newest
    std::uint64_t count = 0;
    base::WallTime first{}, last{};
};

/// Notices when traps of configured senders are refused, when a failure names no server, and when communities are
/// tried. The operator is told at once, then hourly as long as it goes on, and of at most 20 senders in a minute: a
/// storm of forged traps becomes neither a storm of messages nor takes more memory. Thread-safe.
class RefusedSenders {
  public:
    static constexpr std::size_t most_strangers = 256;  ///< of addresses that are not configured; the rest is one entry
    using Tell = std::function<void(const base::ServerName& server, const std::string& message)>;

    /// `servers` and `clock` outlive it; `tell` must return at once.
    RefusedSenders(const ServerDirectory& servers, const base::Clock& clock, Tell tell)
        : servers_(servers), clock_(clock), tell_(std::move(tell)) {}

    /// Takes every trap with its verdict that is no failure of a known server.
    void take(const TrapRecord& record);
    /// A trap of this server was believed: what was wrong before is right now.
    void accepted(const base::ServerName& server);

    /// Those of the last 24 h of which nothing was believed since.
    [[nodiscard]] std::vector<RefusedSender> present() const;
    [[nodiscard]] protocol::HealthCheck check() const;

  private:
    struct Entry {
        RefusedSender sender;
        base::WallTime told_at{};
    };
    [[nodiscard]] std::string senderOf(const TrapRecord& record) const;
    bool mayTell(base::WallTime now);

    const ServerDirectory& servers_;
    const base::Clock& clock_;
    const Tell tell_;
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, RefusalKind>, Entry> entries_;
    std::map<base::ServerName, base::WallTime> accepted_;
    base::WallTime minute_{};
    unsigned told_in_minute_ = 0, untold_ = 0;
};

/// What the operator can do about a refused trap. Pure.
std::string cureOf(const Trap& trap, const Verdict& verdict);

}  // namespace standin::traps
