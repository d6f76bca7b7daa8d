#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "coordinator/traps/trap.hpp"

namespace standin::traps {

/// The queue between listener and intake: first in, first out, bounded in number and bytes.
///
/// A trap that is equal to a waiting one is not queued again but counted on it. Repeated traps are dropped only this
/// way, because the queue does not know which traps matter. If the queue is full of different traps, push() waits, and
/// the kernel's receive buffer (64 MiB, tens of thousands of traps) holds later ones. So no trap displaces another one
/// inside this program, and the listener counts what the kernel has to drop.
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
