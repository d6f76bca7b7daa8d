#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace standin::base {

/// systemd's side of a service (sd_notify(3): datagrams to the socket that NOTIFY_SOCKET names). Does nothing where
/// nobody is there. Safe to use from several threads.
class ServiceManager {
  public:
    /// As the environment of this process says; what it starts does not get to see it.
    static ServiceManager ofThisProcess();
    /// `socket`: a path, or `@name` of the abstract kind; empty: nobody.
    explicit ServiceManager(std::string socket = "", std::optional<std::chrono::microseconds> watchdog = {});

    void ready() const { tell("READY=1"); }
    void stopping() const { tell("STOPPING=1"); }
    /// One line for `systemctl status`.
    void status(std::string_view line) const;
    /// This process makes progress. It is killed and started again when this is not said for the time of WatchdogSec=.
    void alive() const { tell("WATCHDOG=1"); }
    /// How often alive() should be said: three times in the time of WatchdogSec=. Nothing: nobody waits for it.
    [[nodiscard]] std::optional<std::chrono::milliseconds> aliveEvery() const;

  private:
    void tell(const std::string& message) const;

    std::string socket_;
    std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace standin::base
