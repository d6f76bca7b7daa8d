#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace standin::base {

/// Notifies systemd about this service (sd_notify(3): datagrams to the socket that NOTIFY_SOCKET names). No effect
/// without systemd. Thread-safe.
class ServiceManager {
  public:
    /// From the environment of this process; child processes do not inherit it.
    static ServiceManager ofThisProcess();
    /// `socket`: a path, or `@name` for an abstract one; empty: no service manager.
    explicit ServiceManager(std::string socket = "", std::optional<std::chrono::microseconds> watchdog = {});

    void ready() const { tell("READY=1"); }
    void stopping() const { tell("STOPPING=1"); }
    /// One line for `systemctl status`.
    void status(std::string_view line) const;
    /// Reports that this process makes progress. systemd restarts it if that is not reported for WatchdogSec=.
    void alive() const { tell("WATCHDOG=1"); }
    /// How often alive() should be called: three times in WatchdogSec=. Nullopt: there is no watchdog.
    [[nodiscard]] std::optional<std::chrono::milliseconds> aliveEvery() const;

  private:
    void tell(const std::string& message) const;

    std::string socket_;
    std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace standin::base
