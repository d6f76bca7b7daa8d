#pragma once

#include <chrono>
#include <csignal>
#include <functional>

namespace standin::http {

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and all threads started later, and ignores SIGPIPE. Created first
/// in main().
class StopSignal {
  public:
    StopSignal();
    /// Returns the signal's number when SIGTERM or SIGINT arrives. Until then it calls on this thread `reload` for each
    /// SIGHUP, and `meanwhile` in each interval `every`.
    int wait(const std::function<void()>& reload, std::chrono::milliseconds every,
             const std::function<void()>& meanwhile) const;

  private:
    sigset_t signals_{};
};

}  // namespace standin::http
