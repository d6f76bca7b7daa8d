#pragma once

#include <csignal>

namespace standin::http {

/// Blocks SIGTERM and SIGINT in this thread and all threads it starts later, and ignores SIGPIPE; the first thing main() makes.
/// wait() returns when one of the two arrives.
class StopSignal {
  public:
    StopSignal();
    int wait() const;  ///< the signal's number

  private:
    sigset_t signals_{};
};

}  // namespace standin::http
