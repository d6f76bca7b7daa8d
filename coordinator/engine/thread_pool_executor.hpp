#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "coordinator/engine/executor.hpp"

namespace standin::engine {

/// Two pools of threads, each grown as needed up to its limit. A step may block a thread for its deadline when an agent
/// hangs, so the critical lane has room for many servers whose agents hang beside the one whose agents answer.
class ThreadPoolExecutor final : public Executor {
  public:
    struct Limits {
        std::size_t critical = 128;  ///< threads; an idle one costs some 20 kB
        std::size_t ordinary = 16;
        std::size_t ready = 4;  ///< critical threads that wait for the first failure: one for each of its first steps
    };
    ThreadPoolExecutor() : ThreadPoolExecutor(Limits{}) {}
    explicit ThreadPoolExecutor(Limits limits);
    ~ThreadPoolExecutor() override;

    void post(domain::Lane lane, std::function<void()> task) override;
    /// Drops what has not begun, waits for what has. Idempotent.
    void stop();

  private:
    struct Pool {
        std::size_t limit = 0;
        std::size_t idle = 0;
        std::deque<std::function<void()>> tasks;
        std::vector<std::thread> threads;
        std::condition_variable wanted;
    };
    void run(Pool& pool);

    std::mutex mutex_;
    Pool critical_;
    Pool ordinary_;
    bool stopping_ = false;
};

}  // namespace standin::engine
