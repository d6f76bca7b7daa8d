#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "coordinator/engine/executor.hpp"

namespace standin::engine {

/// Which task is begun next, by one set of rules for threads and for simulations: in the order of posting, but at most
/// so many at once in a lane, and of them so many about one agent. A task that hangs (it was written off) counts no
/// longer in its lane, up to a bound, but on and on for its agent.
class WorkQueue {
  public:
    struct Limit {
        std::size_t at_once = 0;
        std::size_t of_one = 0;       ///< about one agent
        std::size_t written_off = 0;  ///< so many may hang beside those that count
    };
    using Limits = std::array<Limit, domain::lanes>;

    explicit WorkQueue(const Limits& limits);

    Executor::Ticket push(Executor::Task task);
    struct Begun {
        Executor::Ticket ticket = 0;
        std::function<void()> run;
    };
    /// The next of the lane; nothing: there is none, or it has to wait. Who takes it calls ended() in the end.
    std::optional<Begun> take(domain::Lane lane);
    void ended(Executor::Ticket ticket);
    void writeOff(Executor::Ticket ticket);
    bool takeBack(Executor::Ticket ticket);

    [[nodiscard]] bool canTake(domain::Lane lane) const;
    /// Tasks that wait for their turn.
    [[nodiscard]] std::size_t waiting() const { return waiting_; }
    /// As many threads as ever run in a lane.
    [[nodiscard]] std::size_t mostThreads(domain::Lane lane) const;
    /// What was not begun is dropped.
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

/// How much is done at a time. Critical: a step may block a thread for its deadline when an agent hangs, so there is
/// room for many servers whose agents hang beside the one whose agents answer; an agent carries out 64 commands at a
/// time. Ordinary: what takes long is done by agents, and only asked after here. The watch asks everybody all the time,
/// and nobody waits for it. An idle thread costs some 20 kB.
inline constexpr WorkQueue::Limits work_limits{{
    {192, 64, 128},  // critical
    {64, 16, 64},    // ordinary
    {16, 2, 32},     // watch
}};

}  // namespace standin::engine
