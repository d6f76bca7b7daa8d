#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "coordinator/engine/executor.hpp"

namespace standin::engine {

/// Chooses the next task, by the same rules for threads and for simulations. Tasks run in the order of posting, with a
/// limit for each lane and, within it, for each agent. A task that hangs (it was written off) no longer counts against
/// its lane, up to a bound, but still counts against its agent.
class WorkQueue {
  public:
    struct Limit {
        std::size_t at_once = 0;
        std::size_t of_one = 0;       ///< limit for one agent
        std::size_t written_off = 0;  ///< how many hanging tasks do not count
    };
    using Limits = std::array<Limit, domain::lanes>;

    explicit WorkQueue(const Limits& limits);

    Executor::Ticket push(Executor::Task task);
    struct Begun {
        Executor::Ticket ticket = 0;
        std::function<void()> run;
    };
    /// The next task of the lane; nullopt: there is none, or it has to wait. The caller calls ended() afterwards.
    std::optional<Begun> take(domain::Lane lane);
    void ended(Executor::Ticket ticket);
    void writeOff(Executor::Ticket ticket);
    bool takeBack(Executor::Ticket ticket);

    [[nodiscard]] bool canTake(domain::Lane lane) const;
    /// The number of tasks that wait for their turn.
    [[nodiscard]] std::size_t waiting() const { return waiting_; }
    /// The highest number of threads that a lane uses.
    [[nodiscard]] std::size_t mostThreads(domain::Lane lane) const;
    /// Drops the tasks that have not begun.
    void clear();

  private:
    struct Group {
        std::deque<std::pair<Executor::Ticket, std::function<void()>>> tasks;
        std::size_t running = 0;
        std::size_t written_off = 0;
    };
    struct LaneState {
        Limit limit;
        std::size_t running = 0;
        std::size_t written_off = 0;
        std::map<std::string, Group> groups;

        [[nodiscard]] bool isFull() const;
        [[nodiscard]] bool mayBegin(const Group& group) const;
        [[nodiscard]] std::map<std::string, Group>::const_iterator next() const;
    };
    struct Place {
        domain::Lane lane{};
        std::string whom;
        bool begun = false;
        bool written_off = false;
    };
    LaneState& of(domain::Lane lane) { return lanes_.at(static_cast<std::size_t>(lane)); }
    [[nodiscard]] const LaneState& of(domain::Lane lane) const { return lanes_.at(static_cast<std::size_t>(lane)); }

    std::array<LaneState, domain::lanes> lanes_;
    std::map<Executor::Ticket, Place> places_;
    Executor::Ticket last_ = 0;
    std::size_t waiting_ = 0;
};

/// Limits of concurrent work. Critical: if an agent hangs, a step may block a thread until its deadline, so there is
/// room for many servers with hanging agents beside those whose agents answer; an agent executes 64 commands at a time.
/// Ordinary: agents do the long work, which is only polled here. Watch: it asks all agents all the time, and nothing
/// waits for it. An idle thread costs about 20 kB.
inline constexpr WorkQueue::Limits work_limits{{
    {192, 64, 128},  // critical
    {64, 16, 64},    // ordinary
    {16, 2, 32},     // watch
}};

}  // namespace standin::engine
