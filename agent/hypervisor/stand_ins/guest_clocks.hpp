#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "agent/base/log.hpp"
#include "agent/base/worker.hpp"
#include "agent/hypervisor/libvirt/domains.hpp"
#include "agent/hypervisor/stand_ins/stand_in_registry.hpp"

namespace standin::http {
class Metrics;
}

namespace standin::hypervisor {

/// Sets guests' clocks directly after a resume (S187), because a suspended machine's clock does not advance. It starts
/// at once and runs in the background; a caller that has to wait reads the stand-in's `clock`. A clock that cannot be
/// set, or is wrong afterwards, is reported as `clock_warning`.
class GuestClocks {
  public:
    GuestClocks(Domains& domains, const base::Clock& clock, http::Metrics& metrics, base::Log log);
    void start();
    void stop() { workers_.stop(); }
    /// Returns at once. A clock that is already being set is not set twice.
    void set(StandInEntryPtr stand_in);
    /// Returns the stand-in's clock once it is set, or cannot be set, or `within` is over.
    protocol::GuestClock await(const StandInEntry& stand_in, std::chrono::milliseconds within);

  private:
    struct Task {
        StandInEntryPtr stand_in;
        std::size_t attempt = 0;
        base::SteadyTime due;
        base::SteadyTime resumed;
    };
    void run(const std::stop_token& stop);
    [[nodiscard]] std::deque<Task>::iterator next();
    void attempt(Task task);
    void checkAgain(const Task& task, const std::string& uuid);

    Domains& domains_;
    const base::Clock& clock_;
    http::Metrics& metrics_;
    base::Log log_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::condition_variable_any decided_;
    std::deque<Task> tasks_;
    base::Worker workers_;
};

}  // namespace standin::hypervisor
