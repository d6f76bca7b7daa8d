#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "coordinator/domain/step.hpp"

namespace standin::engine {

/// Where steps are carried out. Real: threads. In a simulation: a queue.
class Executor {
  public:
    struct Task {
        domain::Lane lane{};
        std::string whom;  ///< the agent that is asked, or a kind of work: one that hangs holds only its own threads
        std::function<void()> run;
    };
    using Ticket = std::uint64_t;

    virtual ~Executor() = default;
    /// Runs the task some time, on some thread. Tasks of the critical lane never wait for those of another lane.
    virtual Ticket post(Task task) = 0;
    /// Nobody waits any longer for a task that has begun: others get a thread in its place.
    virtual void writeOff(Ticket) {}
    /// True: the task has not begun, and never will. Taken back is only what waits for tasks that were written off:
    /// what waits for others has its turn soon.
    virtual bool takeBack(Ticket) { return false; }
};

}  // namespace standin::engine
