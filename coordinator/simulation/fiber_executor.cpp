#include "coordinator/simulation/fiber_executor.hpp"

#include "agent/base/assertion.hpp"

namespace standin::simulation {

struct FiberExecutor::Thread {
    Fiber fiber;
    Pool* pool = nullptr;
    std::uint64_t turn = 0;  ///< how often it was begun or waited: whoever would end an earlier wait comes too late
};

struct FiberExecutor::Threads {
    explicit Threads(FiberExecutor& its) : executor(its) {}

    /// Runs `go` if the thread still waits for it.
    void carryOn(Thread& thread, std::uint64_t turn, const std::function<void(Fiber&)>& go);

    FiberExecutor& executor;
    bool frozen = false;
    struct Due {
        Thread* thread;
        std::uint64_t turn;
        std::function<void(Fiber&)> go;
    };
    std::vector<Due> due;  ///< while it is frozen
    std::vector<Thread*> idle;
    std::vector<std::unique_ptr<Thread>> all;
};

namespace {

/// A thread's way from being told to running, so that what is begun together does not always run in the same order.
constexpr VirtualTime latest_start{80};

}  // namespace

thread_local FiberExecutor::Thread* FiberExecutor::running_ = nullptr;
thread_local FiberExecutor* FiberExecutor::running_on_ = nullptr;

void FiberExecutor::Threads::carryOn(Thread& thread, std::uint64_t turn, const std::function<void(Fiber&)>& go) {
    if (thread.turn != turn) return;
    if (frozen) {
        due.push_back({&thread, turn, go});
        return;
    }
    STANDIN_ASSERT(running_ == nullptr);
    ++thread.turn;
    running_ = &thread;
    running_on_ = &executor;
    go(thread.fiber);
    running_ = nullptr;
    running_on_ = nullptr;
    if (!thread.fiber.idle()) return;
    idle.push_back(&thread);
    if (thread.pool == nullptr) return;
    --thread.pool->running;
    executor.next(*thread.pool);
}

FiberExecutor::FiberExecutor(EventQueue& queue, std::uint64_t seed, Limits limits)
    : queue_(queue), seed_(seed), threads_(std::make_shared<Threads>(*this)) {
    pools_[0].limit = limits.critical;
    pools_[1].limit = limits.ordinary;
}

FiberExecutor::~FiberExecutor() {
    STANDIN_ASSERT(running_on_ != this);
    const auto threads = std::exchange(threads_, nullptr);  // from here on nobody ends a wait any more
}

void FiberExecutor::post(domain::Lane lane, std::function<void()> task) {
    Pool& pool = pools_[lane == domain::Lane::Critical ? 0 : 1];
    pool.tasks.push_back(std::move(task));
    next(pool);
}

void FiberExecutor::run(std::function<void()> task) {
    begin(nullptr, std::move(task));
}

void FiberExecutor::next(Pool& pool) {
    while (pool.running < pool.limit && !pool.tasks.empty()) {
        ++pool.running;
        auto task = std::move(pool.tasks.front());
        pool.tasks.pop_front();
        begin(&pool, std::move(task));
    }
}

void FiberExecutor::begin(Pool* pool, std::function<void()> task) {
    if (threads_->idle.empty()) {
        threads_->all.push_back(std::make_unique<Thread>());
        threads_->idle.push_back(threads_->all.back().get());
    }
    Thread* thread = threads_->idle.back();
    threads_->idle.pop_back();
    thread->pool = pool;
    const std::uint64_t turn = ++thread->turn;
    const auto delay = Randomness::about(seed_, "start", ++begun_).between(VirtualTime(0), latest_start);
    queue_.after(delay, [weak = std::weak_ptr(threads_), thread, turn, task = std::move(task)]() mutable {
        const auto threads = weak.lock();
        if (!threads) return;
        // Kept by value: while the executor is frozen it outlives this event.
        threads->carryOn(*thread, turn, [task = std::move(task)](Fiber& fiber) { fiber.start(task); });
    });
}

void FiberExecutor::freeze() {
    threads_->frozen = true;
}

void FiberExecutor::thaw() {
    threads_->frozen = false;
    for (auto& due : std::exchange(threads_->due, {})) {
        queue_.after(VirtualTime(0), [weak = std::weak_ptr(threads_), due = std::move(due)] {
            const auto threads = weak.lock();
            if (threads) threads->carryOn(*due.thread, due.turn, due.go);
        });
    }
}

std::size_t FiberExecutor::busy() const {
    std::size_t waiting = 0;
    for (const Pool& pool : pools_) waiting += pool.tasks.size();
    return waiting + threads_->all.size() - threads_->idle.size();
}

void FiberExecutor::sleep(EventQueue& queue, VirtualTime time) {
    Suspension suspension;
    queue.after(time, suspension.ender());
    suspension.last();
}

void FiberExecutor::together(EventQueue& queue, const std::vector<std::function<void()>>& tasks) {
    struct Others {
        std::size_t running = 0;
        std::function<void()> ended;  ///< set once somebody waits for them
    };
    auto others = std::make_shared<Others>();
    for (std::size_t i = 1; i < tasks.size(); ++i) {
        ++others->running;
        running_on_->run([&queue, others, task = tasks[i]] {
            task();
            if (--others->running == 0 && others->ended) queue.after(VirtualTime(0), others->ended);
        });
    }
    if (!tasks.empty()) tasks.front()();
    if (others->running == 0) return;
    Suspension suspension;
    others->ended = suspension.ender();
    suspension.last();
}

Suspension::Suspension() : thread_(FiberExecutor::running_) {
    STANDIN_ASSERT(thread_ != nullptr);
    threads_ = FiberExecutor::running_on_->threads_;
    turn_ = ++thread_->turn;
}

std::function<void()> Suspension::ender() const {
    return [weak = threads_, thread = thread_, turn = turn_] {
        const auto threads = weak.lock();
        if (threads) threads->carryOn(*thread, turn, [](Fiber& fiber) { fiber.resume(); });
    };
}

std::function<bool()> Suspension::over() const {
    return [weak = threads_, thread = thread_, turn = turn_] { return weak.expired() || thread->turn != turn; };
}

void Suspension::last() {
    Fiber::suspend();
}

}  // namespace standin::simulation
