#include "coordinator/traps/trap_queue.hpp"

namespace standin::traps {

TrapQueue::TrapQueue() : TrapQueue(Limits{}) {}
TrapQueue::TrapQueue(Limits limits) : limits_(limits) {
    STANDIN_ASSERT(limits.traps > 0);
}

bool TrapQueue::hasRoomFor(std::size_t footprint) const {
    // One trap always fits, however large: a datagram is bounded by nature.
    return entries_.empty() || (entries_.size() < limits_.traps && bytes_ + footprint <= limits_.bytes);
}

bool TrapQueue::push(Trap trap) {
    const auto fingerprint = trap.fingerprint();
    const auto footprint = trap.footprint();
    std::unique_lock lock(mutex_);
    const auto coalesce = [&] {
        const auto waiting = positions_.find(fingerprint);
        if (waiting == positions_.end()) return false;
        Trap& first = entries_[waiting->second - popped_].trap;
        first.count += trap.count;
        // A sender repeats what was not acknowledged; whoever repeats more often than this has an answer coming anyway.
        constexpr std::size_t most_acknowledged = 64;
        for (auto& acknowledge : trap.acknowledge) {
            if (first.acknowledge.size() < most_acknowledged) first.acknowledge.push_back(std::move(acknowledge));
        }
        first.messages.insert(first.messages.end(), trap.messages.begin(), trap.messages.end());
        ++counts_.coalesced;
        return true;
    };
    if (coalesce()) return true;
    if (!hasRoomFor(footprint)) {
        ++counts_.waits;
        drained_.wait(lock, [&] { return closed_ || hasRoomFor(footprint); });
    }
    if (closed_) return false;
    positions_[fingerprint] = popped_ + entries_.size();
    entries_.push_back({std::move(trap), fingerprint, footprint});
    bytes_ += footprint;
    ++counts_.queued;
    counts_.deepest = std::max(counts_.deepest, entries_.size());
    lock.unlock();
    filled_.notify_one();
    return true;
}

std::optional<Trap> TrapQueue::pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || !entries_.empty(); });
    if (entries_.empty()) return std::nullopt;
    Entry entry = std::move(entries_.front());
    entries_.pop_front();
    positions_.erase(entry.fingerprint);
    ++popped_;
    bytes_ -= entry.footprint;
    lock.unlock();
    drained_.notify_one();
    return std::move(entry.trap);
}

void TrapQueue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    filled_.notify_all();
    drained_.notify_all();
}

TrapQueue::Counts TrapQueue::counts() const {
    const std::lock_guard lock(mutex_);
    Counts counts = counts_;
    counts.depth = entries_.size();
    return counts;
}

}  // namespace standin::traps
