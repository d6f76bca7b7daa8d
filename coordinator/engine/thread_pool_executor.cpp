#include "coordinator/engine/thread_pool_executor.hpp"

#include "agent/base/boundary.hpp"
#include "agent/base/log.hpp"

namespace standin::engine {

ThreadPoolExecutor::ThreadPoolExecutor(const WorkQueue::Limits& limits, std::size_t ready) : queue_(limits) {
    for (std::size_t i = 0; i < pools_.size(); ++i) pools_.at(i).lane = static_cast<domain::Lane>(i);
    for (std::size_t i = 0; i < ready; ++i) add(pools_.front());
}

ThreadPoolExecutor::~ThreadPoolExecutor() {
    stop();
}

void ThreadPoolExecutor::add(Pool& pool) {
    try {
        pool.threads.emplace_back([this, &pool] { run(pool); });
    } catch (const std::system_error& none_left) {  // those that are there carry it out, only later
        base::Log("executor").error("a further thread could not be started: {}", none_left.what());
    }
}

/// A thread that is idle may have been woken for another task already: it looks for the next when it has ended.
void ThreadPoolExecutor::seeToWork(Pool& pool) {
    if (!queue_.canTake(pool.lane)) return;
    if (pool.idle == 0 && pool.threads.size() < queue_.mostThreads(pool.lane)) add(pool);
    pool.wanted.notify_one();
}

Executor::Ticket ThreadPoolExecutor::post(Task task) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return 0;
    auto& pool = pools_.at(static_cast<std::size_t>(task.lane));
    const auto ticket = queue_.push(std::move(task));
    seeToWork(pool);
    return ticket;
}

void ThreadPoolExecutor::writeOff(Ticket ticket) {
    const std::lock_guard lock(mutex_);
    queue_.writeOff(ticket);
    for (auto& pool : pools_) seeToWork(pool);
}

bool ThreadPoolExecutor::takeBack(Ticket ticket) {
    const std::lock_guard lock(mutex_);
    return queue_.takeBack(ticket);
}

void ThreadPoolExecutor::run(Pool& pool) {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++pool.idle;
        pool.wanted.wait(lock, [&] { return stopping_ || queue_.canTake(pool.lane); });
        --pool.idle;
        if (stopping_) return;
        auto task = *queue_.take(pool.lane);
        seeToWork(pool);
        lock.unlock();
        if (const auto done = base::contained(task.run); !done)
            base::Log("executor").error("a task was given up: {}", done.error().message);
        task.run = nullptr;
        lock.lock();
        queue_.ended(task.ticket);
    }
}

void ThreadPoolExecutor::stop() {
    std::vector<std::thread> threads;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        queue_.clear();
        for (auto& pool : pools_) {
            pool.wanted.notify_all();
            for (auto& thread : pool.threads) threads.push_back(std::move(thread));
            pool.threads.clear();
        }
    }
    for (auto& thread : threads) thread.join();
}

}  // namespace standin::engine
