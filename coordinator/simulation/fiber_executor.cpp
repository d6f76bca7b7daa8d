#include "coordinator/simulation/fiber_executor.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/base/assertion.hpp"

namespace standin::simulation {

using engine::Executor;

struct FiberExecutor::Thread {
    Fiber fiber;
    Ticket ticket = 0;  ///< 0: it was not posted
    std::uint64_t turn =
        0;  ///< how often it was begun or waited: an event that would end an earlier wait comes too late
    std::function<void()> task;  ///< until it is begun

    void goOn() { task ? fiber.start(std::exchange(task, nullptr)) : fiber.resume(); }
};

struct FiberExecutor::Threads {
    explicit Threads(FiberExecutor& its) : executor(its) {}

    /// Resumes the thread if it still waits for that.
    void resume(Thread& thread, std::uint64_t turn);

    FiberExecutor& executor;
    bool frozen = false;
    struct Due {
        Thread* thread;
        std::uint64_t turn;
    };
    std::vector<Due> due;  ///< while it is frozen
    std::vector<Thread*> idle;
    std::vector<std::unique_ptr<Thread>> all;
};

namespace {

/// A thread's way from being started to running, so that what is begun together does not always run in the same order.
constexpr VirtualTime latest_start{80};

}  // namespace

thread_local FiberExecutor::Thread* FiberExecutor::running_ = nullptr;
thread_local FiberExecutor* FiberExecutor::running_on_ = nullptr;

void FiberExecutor::Threads::resume(Thread& thread, std::uint64_t turn) {
    if (thread.turn != turn) return;
    if (frozen) {
        due.push_back({&thread, turn});
        return;
    }
    STANDIN_ASSERT(running_ == nullptr);
    ++thread.turn;
    running_ = &thread;
    running_on_ = &executor;
    thread.goOn();
    running_ = nullptr;
    running_on_ = nullptr;
    if (!thread.fiber.idle()) return;
    idle.push_back(&thread);
    if (thread.ticket == 0) return;
    executor.work_.ended(thread.ticket);
    executor.beginAll();
}

FiberExecutor::FiberExecutor(EventQueue& queue, std::uint64_t seed, const engine::WorkQueue::Limits& limits)
    : queue_(queue), seed_(seed), work_(limits), threads_(std::make_shared<Threads>(*this)) {}

FiberExecutor::~FiberExecutor() {
    STANDIN_ASSERT(running_on_ != this);
    const auto threads = std::exchange(threads_, nullptr);  // from here on nobody ends a wait any more
}

Executor::Ticket FiberExecutor::post(Task task) {
    const auto ticket = work_.push(std::move(task));
    beginAll();
    return ticket;
}

void FiberExecutor::writeOff(Ticket ticket) {
    work_.writeOff(ticket);
    beginAll();
}

void FiberExecutor::run(std::function<void()> task) {
    begin(0, std::move(task));
}

void FiberExecutor::beginAll() {
    for (std::size_t lane = 0; lane < domain::lanes; ++lane) {
        while (auto next = work_.take(static_cast<domain::Lane>(lane))) begin(next->ticket, std::move(next->run));
    }
}

void FiberExecutor::begin(Ticket ticket, std::function<void()> task) {
    if (threads_->idle.empty()) {
        threads_->all.push_back(std::make_unique<Thread>());
        threads_->idle.push_back(threads_->all.back().get());
    }
    Thread* thread = threads_->idle.back();
    threads_->idle.pop_back();
    thread->ticket = ticket;
    const std::uint64_t turn = ++thread->turn;
    const auto delay = Randomness::about(seed_, "start", ++begun_).between(VirtualTime(0), latest_start);
    thread->task = std::move(task);
    queue_.after(delay, [weak = std::weak_ptr(threads_), thread, turn] {
        if (const auto threads = weak.lock()) threads->resume(*thread, turn);
    });
}

void FiberExecutor::freeze() {
    threads_->frozen = true;
}

void FiberExecutor::thaw() {
    threads_->frozen = false;
    for (auto& due : std::exchange(threads_->due, {})) {
        queue_.after(VirtualTime(0), [weak = std::weak_ptr(threads_), due] {
            if (const auto threads = weak.lock()) threads->resume(*due.thread, due.turn);
        });
    }
}

bool FiberExecutor::isIdleBut(std::size_t running) const {
    return threads_->all.size() - threads_->idle.size() == running && work_.waiting() == 0;
}

void FiberExecutor::sleep(EventQueue& queue, VirtualTime time) {
    Suspension suspension;
    queue.after(time, suspension.ender());
    suspension.last();
}

void FiberExecutor::together(EventQueue& queue, const std::vector<std::function<void()>>& tasks) {
    struct Others {
        std::size_t running = 0;
        std::optional<Suspension::Ender> ended;  ///< set once somebody waits for them
    };
    auto others = std::make_shared<Others>();
    for (std::size_t i = 1; i < tasks.size(); ++i) {
        ++others->running;
        running_on_->run([&queue, others, task = tasks[i]] {
            task();
            if (--others->running == 0 && others->ended) queue.after(VirtualTime(0), *others->ended);
        });
    }
    if (!tasks.empty()) tasks.front()();
    if (others->running == 0) return;
    Suspension suspension;
    others->ended = suspension.ender();
    suspension.last();
}

Suspension::Suspension() {
    STANDIN_ASSERT(FiberExecutor::running_ != nullptr);
    its_.thread_ = FiberExecutor::running_;
    its_.threads_ = FiberExecutor::running_on_->threads_;
    its_.turn_ = ++its_.thread_->turn;
}

void Suspension::Ender::operator()() const {
    const auto threads = threads_.lock();
    if (threads) threads->resume(*thread_, turn_);
}

std::function<bool()> Suspension::over() const {
    return [its = its_] { return its.threads_.expired() || its.thread_->turn != its.turn_; };
}

void Suspension::last() {
    Fiber::suspend();
}

}  // namespace standin::simulation
