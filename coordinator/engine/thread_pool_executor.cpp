#include "coordinator/engine/thread_pool_executor.hpp"

#include <algorithm>

#include "agent/base/boundary.hpp"
#include "agent/base/log.hpp"

namespace standin::engine {

ThreadPoolExecutor::ThreadPoolExecutor(Limits limits) {
    critical_.limit = limits.critical;
    ordinary_.limit = limits.ordinary;
    for (std::size_t i = 0; i < std::min(limits.ready, limits.critical); ++i) {
        critical_.threads.emplace_back([this] { run(critical_); });
    }
    ordinary_.threads.emplace_back([this] { run(ordinary_); });  // one at least, should there be no threads left later
}

ThreadPoolExecutor::~ThreadPoolExecutor() {
    stop();
}

void ThreadPoolExecutor::post(domain::Lane lane, std::function<void()> task) {
    Pool& pool = lane == domain::Lane::Critical ? critical_ : ordinary_;
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    pool.tasks.push_back(std::move(task));
    if (pool.idle < pool.tasks.size() && pool.threads.size() < pool.limit) {
        try {
            pool.threads.emplace_back([this, &pool] { run(pool); });
        } catch (const std::system_error& none_left) {  // those that are there carry it out, only later
            base::Log("executor").error("a further thread could not be started: {}", none_left.what());
        }
    }
    pool.wanted.notify_one();
}

void ThreadPoolExecutor::run(Pool& pool) {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++pool.idle;
        pool.wanted.wait(lock, [&] { return stopping_ || !pool.tasks.empty(); });
        --pool.idle;
        if (stopping_) return;
        auto task = std::move(pool.tasks.front());
        pool.tasks.pop_front();
        lock.unlock();
        if (const auto done = base::contained(task); !done)
            base::Log("executor").error("a task was given up: {}", done.error().message);
        task = nullptr;
        lock.lock();
    }
}

void ThreadPoolExecutor::stop() {
    std::vector<std::thread> threads;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (Pool* pool : {&critical_, &ordinary_}) {
            pool->tasks.clear();
            pool->wanted.notify_all();
            for (auto& thread : pool->threads) threads.push_back(std::move(thread));
            pool->threads.clear();
        }
    }
    for (auto& thread : threads) thread.join();
}

}  // namespace standin::engine
