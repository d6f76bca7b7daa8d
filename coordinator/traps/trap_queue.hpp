#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "coordinator/traps/trap.hpp"

namespace standin::traps {

/// Between listener and intake: first in, first out, bounded in number and bytes.
///
/// A trap that says the same as one that still waits is not queued again but counted on it: that is how repeated noise
/// is shed, and since nothing is known here of what matters, nothing else is. When the queue is full of traps that all
/// differ, push() waits; the kernel's receive buffer (64 MiB, tens of thousands of traps) then holds what comes
/// meanwhile. So noise never displaces another trap inside this program, and what the kernel has to drop is counted by
/// the listener.
class TrapQueue {
  public:
    struct Limits {
        std::size_t traps = 8'192;      ///< about 40 ms of classification
        std::size_t bytes = 16U << 20;  ///< 8,192 traps of 2 KiB; a usual one takes under 1 KiB
    };
    struct Counts {
        std::uint64_t queued = 0;     ///< that went in on their own
        std::uint64_t coalesced = 0;  ///< that were counted on an equal one
        std::uint64_t waits = 0;      ///< how often push() had to wait for room
        std::size_t depth = 0;        ///< that wait now
        std::size_t deepest = 0;      ///< the most that ever waited
    };

    TrapQueue();
    explicit TrapQueue(Limits limits);

    /// False if the queue was closed; the trap is lost then, as the program ends.
    bool push(Trap trap);
    /// The oldest; nullopt once the queue is closed and empty.
    std::optional<Trap> pop();
    /// Ends all waiting, now and later. What is queued can still be popped.
    void close();

    [[nodiscard]] Counts counts() const;

  private:
    struct Entry {
        Trap trap;
        std::uint64_t fingerprint;
        std::size_t footprint;
    };
    [[nodiscard]] bool hasRoomFor(std::size_t footprint) const;

    const Limits limits_;
    mutable std::mutex mutex_;
    std::condition_variable filled_, drained_;
    std::deque<Entry> entries_;
    std::unordered_map<std::uint64_t, std::uint64_t> positions_;  ///< fingerprint -> serial number of the waiting entry
    std::uint64_t popped_ = 0;                                    ///< serial number of the front entry
    std::size_t bytes_ = 0;
    Counts counts_;
    bool closed_ = false;
};

}  // namespace standin::traps
