#pragma once

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "coordinator/engine/work_queue.hpp"

namespace standin::engine {

/// A pool of threads for each lane, which grows as needed up to its limit.
class ThreadPoolExecutor final : public Executor {
  public:
    /// `ready`: critical threads started in advance, one for each of the first steps of a failover.
    explicit ThreadPoolExecutor(const WorkQueue::Limits& limits = work_limits, std::size_t ready = 4);
    ~ThreadPoolExecutor() override;

    Ticket post(Task task) override;
    void writeOff(Ticket ticket) override;
    bool takeBack(Ticket ticket) override;
    /// Drops tasks that have not begun and waits for those that have. Idempotent.
    void stop();

  private:
    struct Pool {
        domain::Lane lane{};
        std::size_t idle = 0;
        std::vector<std::thread> threads;
        std::condition_variable wanted;
    };
    void run(Pool& pool);
    void add(Pool& pool);
    /// Precondition: the mutex is locked.
    void seeToWork(Pool& pool);

    std::mutex mutex_;
    WorkQueue queue_;
    std::array<Pool, domain::lanes> pools_;
    bool stopping_ = false;
};

}  // namespace standin::engine
