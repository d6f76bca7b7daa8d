#pragma once

#include <functional>
#include <memory>

namespace standin::simulation {

// How it works, and why so.
//
// The engine's steps are ordinary blocking functions: they call a driver, and it returns when the agent has answered.
// In the simulation hundreds of them wait at the same time, in virtual time. Threads would make the order depend on the
// machine; a rewrite of the steps as callbacks would test other code than the one that ships. So each step runs on a
// fiber: where a simulated driver waits it suspends its fiber, and the event that ends the wait resumes it. There is
// one thread, so a run has one order, and a seed repeats it.
//
// A coordinator that dies in the middle of a step is simulated by unwinding its fibers: destructors run, nothing else.

/// A task with a stack of its own that is suspended in the middle and resumed later: how a step waits for
/// an answer while virtual time passes. Fibers of one thread run one at a time, only when they are resumed.
/// Its stack is used again by the next task, has a guard page, and the sanitizers learn of every change of stacks.
class Fiber {
  public:
    Fiber();
    /// A task that is suspended is unwound: its destructors run, and nothing else of it.
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// Runs `task` until it suspends or ends. Precondition: idle().
    void start(std::function<void()> task);
    /// Runs the suspended task on. Precondition: not idle().
    void resume();
    [[nodiscard]] bool idle() const;

    /// Leaves the running task off; returns when it is resumed. Precondition: called within a task.
    static void suspend();
    /// Whose task runs now; null outside of all tasks.
    static Fiber* current();

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace standin::simulation
