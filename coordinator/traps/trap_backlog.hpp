#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "coordinator/traps/trap_log.hpp"

namespace standin::traps {

/// Trap records that are not written yet, and the recognition of equal traps of the last minutes. Not thread-safe.
class TrapBacklog {
  public:
    static constexpr std::chrono::minutes equal_within{10};  ///< after a longer silence the same trap is news
    static constexpr std::size_t remembered = 4'096;         ///< different traps whose repeats are recognised
    static constexpr std::size_t most_bytes = 12U << 20;     ///< waiting to be written; some 12,000 traps

    /// `first_id` is the first that was never used.
    explicit TrapBacklog(std::uint64_t first_id) : next_id_(first_id) {}

    std::uint64_t idFor(const Trap& trap);

    /// What a batch writes: a fresh record, or more of one that was written before (then the trap has only its count).
    struct Item {
        TrapRecord record;
        bool fresh = true;
    };
    /// False: there was no room, and the record was dropped.
    bool add(TrapRecord record);
    std::vector<Item> take();
    /// Returns a batch that could not be written; what no longer fits is dropped and counted.
    std::uint64_t putBack(std::vector<Item> items);

    /// The first number that was never given.
    [[nodiscard]] std::uint64_t nextId() const { return next_id_; }
    [[nodiscard]] bool empty() const { return waiting_.empty(); }
    [[nodiscard]] std::size_t size() const { return waiting_.size(); }
    [[nodiscard]] std::uint64_t coalesced() const { return coalesced_; }

  private:
    struct Known {
        std::uint64_t id;
        base::WallTime last;
        bool recorded;  ///< add() was called with this id
        std::list<std::uint64_t>::iterator age;
    };

    std::uint64_t next_id_;
    std::unordered_map<std::uint64_t, Known> known_;  ///< by fingerprint
    std::list<std::uint64_t> ages_;                   ///< fingerprints, the longest unused first
    std::vector<Item> waiting_;
    std::unordered_map<std::uint64_t, std::size_t> positions_;  ///< id -> index in waiting_
    std::size_t bytes_ = 0;
    std::uint64_t coalesced_ = 0;
};

}  // namespace standin::traps
