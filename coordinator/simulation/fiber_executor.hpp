#pragma once

#include <memory>
#include <vector>

#include "coordinator/engine/work_queue.hpp"
#include "coordinator/simulation/fiber.hpp"
#include "coordinator/simulation/randomness.hpp"

namespace standin::simulation {

/// The threads of one coordinator, as fibers: each task runs until it waits for something, and continues when that
/// happens. The rules by which tasks begin are those of the real executor. When it is destroyed
/// (the coordinator was killed), its tasks are unwound wherever they were.
class FiberExecutor final : public engine::Executor {
  public:
    FiberExecutor(EventQueue& queue, std::uint64_t seed, const engine::WorkQueue::Limits& limits = engine::work_limits);
    ~FiberExecutor() override;

    Ticket post(Task task) override;
    void writeOff(Ticket ticket) override;
    bool takeBack(Ticket ticket) override { return work_.takeBack(ticket); }
    /// Runs a task outside of the lanes: a thread of its own.
    void run(std::function<void()> task);

    /// No task continues until thaw(): a program that is stopped, or a machine that hangs. Commands that it has sent
    /// still take effect.
    void freeze();
    void thaw();
    /// So many tasks run, and none waits for its turn.
    [[nodiscard]] bool isIdleBut(std::size_t running) const;

    /// Within a task: lets virtual time pass.
    static void sleep(EventQueue& queue, VirtualTime time);
    /// Within a task: runs all tasks beside each other; returns when the last has ended.
    static void together(EventQueue& queue, const std::vector<std::function<void()>>& tasks);

  private:
    friend class Suspension;
    struct Thread;
    struct Threads;
    void begin(Ticket ticket, std::function<void()> task);
    void beginAll();

    static thread_local Thread* running_;
    static thread_local FiberExecutor* running_on_;

    EventQueue& queue_;
    const std::uint64_t seed_;
    std::uint64_t begun_ = 0;
    engine::WorkQueue work_;
    std::shared_ptr<Threads> threads_;
};

/// The running task waits for something: it is made before that is started, and the event that ends it may come too
/// late.
class Suspension {
  public:
    /// Ends one, from outside of all tasks; nothing happens if the task is gone or was resumed already.
    class Ender {
      public:
        void operator()() const;

      private:
        friend class Suspension;
        std::weak_ptr<FiberExecutor::Threads> threads_;
        FiberExecutor::Thread* thread_ = nullptr;
        std::uint64_t turn_ = 0;
    };
    /// Precondition: within a task of a FiberExecutor.
    Suspension();
    [[nodiscard]] const Ender& ender() const { return its_; }
    /// True if the waiting task is gone, or has continued.
    [[nodiscard]] std::function<bool()> over() const;
    /// Returns when it was ended.
    void last();

  private:
    Ender its_;
};

}  // namespace standin::simulation
