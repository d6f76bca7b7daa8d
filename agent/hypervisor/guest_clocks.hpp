#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "agent/base/log.hpp"
#include "agent/hypervisor/domains.hpp"
#include "agent/hypervisor/stand_in_shelf.hpp"

namespace standin::http {
class Metrics;
}

namespace standin::hypervisor {

/// Sets guests' clocks right after they were resumed (S187): a suspended machine's clock stands still. Done beside the
/// takeover, since the guest's agent needs longer to answer than the whole takeover takes. What can't be set is told as
/// the stand-in's `clock_warning`.
class GuestClocks {
  public:
    GuestClocks(Domains& domains, const base::Clock& clock, http::Metrics& metrics, base::Log log);
    ~GuestClocks();
    void start();
    void stop();
    /// Returns at once. A clock that is to be set already is not set twice.
    void set(ShelvedPtr stand_in);

  private:
    struct Task {
        ShelvedPtr stand_in;
        std::size_t attempt = 0;
        base::SteadyTime due;
    };
    void run();
    void attempt(Task task);

    Domains& domains_;
    const base::Clock& clock_;
    http::Metrics& metrics_;
    base::Log log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace standin::hypervisor
