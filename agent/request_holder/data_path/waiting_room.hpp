#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "agent/request_holder/data_path/held.hpp"
#include "agent/request_holder/data_path/relays.hpp"

namespace standin::request_holder {

/// Keeps what was not delivered yet in the order of its arrival, within the limits of a HoldQueue. Used by one thread.
class WaitingRoom {
  public:
    struct Events {
        std::function<void()> grew;    ///< something got a place
        std::function<void()> shrank;  ///< something left: there may be a new head, and room for another
    };
    struct Losses {
        std::uint64_t over_age = 0;  ///< ended visibly by the holder
        std::uint64_t given_up = 0;  ///< left by the client itself
    };

    WaitingRoom(const HoldLimits& limits, Events events) : queue_(limits), events_(std::move(events)) {}

    [[nodiscard]] bool full() const { return queue_.full(); }
    /// The last place. Precondition: not full().
    void enter(const HeldPtr& held);
    /// Its place before, after it was handed on and came back: nothing of it can have been processed.
    void enterAgain(const HeldPtr& held, SteadyTime arrived);

    /// The earliest arrival after `number` that is still held; null if there is none.
    [[nodiscard]] HeldPtr next(ArrivalNumber number) const;
    [[nodiscard]] bool holds(const Held& held) const { return queue_.contains(held.number); }

    void leave(const Held& held);   ///< handed on
    void giveUp(const Held& held);  ///< its client has gone

    void endOverAge(SteadyTime now);
    void endAll();  ///< visibly

    [[nodiscard]] HoldQueue& queue() { return queue_; }
    [[nodiscard]] const HoldQueue& queue() const { return queue_; }
    [[nodiscard]] const Losses& losses() const { return losses_; }

  private:
    void end(ArrivalNumber number);

    HoldQueue queue_;
    Events events_;
    std::unordered_map<ArrivalNumber, HeldPtr> held_;
    Losses losses_;
};

}  // namespace standin::request_holder
