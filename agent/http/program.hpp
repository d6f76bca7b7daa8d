#pragma once

#include <chrono>
#include <csignal>
#include <functional>

namespace standin::http {

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and all threads it starts later, and ignores SIGPIPE; the first
/// thing main() makes.
class StopSignal {
  public:
    StopSignal();
    /// Returns with the signal's number when SIGTERM or SIGINT arrives. Until then, in this thread: `reload` for each
    /// SIGHUP, and `meanwhile` that often.
    int wait(const std::function<void()>& reload, std::chrono::milliseconds every,
             const std::function<void()>& meanwhile) const;

  private:
    sigset_t signals_{};
};

}  // namespace standin::http
