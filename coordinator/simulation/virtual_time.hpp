#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "coordinator/simulation/callback.hpp"

namespace standin::simulation {

/// Since the simulation began. Nothing in a simulation knows another time.
using VirtualTime = std::chrono::microseconds;

/// `12.345678`: seconds, for logs.
std::string text(VirtualTime time);

/// The pending events, in the order of time, and of scheduling where times are equal: the one order of everything in a
/// simulation. Time passes only from event to event.
class EventQueue {
  public:
    using What = Callback;

    explicit EventQueue(std::size_t limit = 1'000'000);  // more is a loop that feeds itself

    [[nodiscard]] VirtualTime now() const { return now_; }
    /// A moment that has passed already is now.
    void at(VirtualTime when, What what);
    void after(VirtualTime delay, What what) { at(now_ + delay, std::move(what)); }
    /// Nothing: the queue is empty.
    [[nodiscard]] std::optional<VirtualTime> next() const {
        return heap_.empty() ? std::nullopt : std::optional(heap_.front().when);
    }
    /// Lets time pass until the next event, and carries it out. Precondition: there is one.
    void runNext();
    [[nodiscard]] std::uint64_t events() const { return done_; }

  private:
    /// Small enough to be kept in two registers while others are moved past it.
    struct Entry {
        VirtualTime when;
        std::uint64_t order;  ///< of scheduling; the lowest bits are the place of what it is, so that little is moved
        [[nodiscard]] std::size_t place() const { return order % places; }
        [[nodiscard]] bool isBefore(const Entry& other) const {
            return when != other.when ? when < other.when : order < other.order;
        }
    };
    static constexpr std::uint64_t places = 1 << 24;  ///< more than any limit

    void push(Entry entry);
    Entry pop();

    const std::size_t limit_;
    VirtualTime now_{0};
    std::uint64_t sequence_ = 0;
    std::uint64_t done_ = 0;
    std::vector<Entry> heap_;  ///< the first is the next; each comes before both at twice its position
    std::vector<What> places_;
    std::vector<std::uint32_t> free_places_;
};

/// When a simulation's clocks begin: 2027-01-15T08:00:00Z.
inline constexpr base::WallTime first_moment{std::chrono::seconds(1'800'000'000)};

/// The clock that the coordinator in a simulation reads. Both of its times begin at round moments, the same in every
/// run.
class SimulatedClock final : public base::Clock {
  public:
    explicit SimulatedClock(const EventQueue& queue) : queue_(queue) {}
    [[nodiscard]] base::WallTime wall() const override;
    [[nodiscard]] base::SteadyTime steady() const override;

  private:
    const EventQueue& queue_;
};

}  // namespace standin::simulation
