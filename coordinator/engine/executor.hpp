#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "coordinator/domain/step.hpp"

namespace standin::engine {

/// Executes steps: on threads in production, from a queue in a simulation.
class Executor {
  public:
    struct Task {
        domain::Lane lane{};
        std::string
            whom;  ///< the agent that is asked, or a kind of work; if it hangs, only its own threads are blocked
        std::function<void()> run;
    };
    using Ticket = std::uint64_t;

    virtual ~Executor() = default;
    /// Runs the task later, on any thread. Tasks of the critical lane never wait for tasks of another lane.
    virtual Ticket post(Task task) = 0;
    /// Gives up a task that has begun: its thread is replaced, so that other tasks can run.
    virtual void writeOff(Ticket) {}
    /// True: the task has not begun and never will. Only tasks that wait behind written-off tasks are taken back; the
    /// others run soon.
    virtual bool takeBack(Ticket) { return false; }
};

}  // namespace standin::engine
