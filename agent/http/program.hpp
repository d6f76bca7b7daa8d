#pragma once

#include <chrono>
#include <csignal>
#include <functional>

namespace standin::http {

/// Blocks SIGTERM and SIGINT in this thread and all threads it starts later, and ignores SIGPIPE; the first thing main() makes.
/// wait() returns when one of the two arrives.
class StopSignal {
  public:
    StopSignal();
    int wait() const;  ///< the signal's number
    /// The same, and calls `meanwhile` that often.
    int wait(std::chrono::milliseconds every, const std::function<void()>& meanwhile) const;

  private:
    sigset_t signals_{};
};

}  // namespace standin::http
