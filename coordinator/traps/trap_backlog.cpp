#include "coordinator/traps/trap_backlog.hpp"

#include <algorithm>
#include <utility>

namespace standin::traps {

namespace {

// JSON and verdict take about as much again as the trap itself.
std::size_t footprintOf(const TrapRecord& record) {
    return record.trap.footprint() + sizeof(TrapRecord) + record.verdict.reason.size();
}

bool isFailure(const TrapRecord& record) {
    return record.verdict.outcome == Verdict::Outcome::Failure ||
           record.verdict.outcome == Verdict::Outcome::UnknownServer;
}

}  // namespace

std::uint64_t TrapBacklog::idFor(const Trap& trap) {
    const auto fingerprint = trap.fingerprint();
    const auto known = known_.find(fingerprint);
    if (known != known_.end() && trap.arrived_at - known->second.last <= equal_within) {
        known->second.last = std::max(known->second.last, trap.arrived_at);
        ages_.splice(ages_.end(), ages_, known->second.age);
        return known->second.id;
    }
    if (known != known_.end()) {
        ages_.erase(known->second.age);
        known_.erase(known);
    }
    if (known_.size() >= remembered) {
        known_.erase(ages_.front());
        ages_.pop_front();
    }
    const auto age = ages_.insert(ages_.end(), fingerprint);
    known_.emplace(fingerprint, Known{next_id_, trap.arrived_at, false, age});
    return next_id_++;
}

bool TrapBacklog::add(TrapRecord record) {
    const auto known = known_.find(record.trap.fingerprint());
    const bool again = known != known_.end() && known->second.id == record.id && known->second.recorded;
    if (again) coalesced_ += record.trap.count;
    if (const auto waiting = positions_.find(record.id); waiting != positions_.end()) {
        TrapRecord& first = waiting_[waiting->second].record;
        first.trap.count += record.trap.count;
        first.last_arrived = std::max(first.last_arrived, record.last_arrived);
        return true;
    }
    Item item{std::move(record), !again};
    if (again) {
        const auto count = item.record.trap.count;
        item.record.trap = Trap{};
        item.record.trap.count = count;
    }
    const auto footprint = footprintOf(item.record);
    // Failures may use half as much again: they are few, unless somebody forges them.
    if (bytes_ + footprint > (isFailure(item.record) ? most_bytes + most_bytes / 2 : most_bytes)) {
        // Forgotten, so that the next of its kind is recorded whole.
        if (known != known_.end() && !again) {
            ages_.erase(known->second.age);
            known_.erase(known);
        }
        return false;
    }
    if (known != known_.end() && known->second.id == item.record.id) known->second.recorded = true;
    bytes_ += footprint;
    positions_.emplace(item.record.id, waiting_.size());
    waiting_.push_back(std::move(item));
    return true;
}

std::vector<TrapBacklog::Item> TrapBacklog::take() {
    positions_.clear();
    bytes_ = 0;
    return std::exchange(waiting_, {});
}

std::uint64_t TrapBacklog::putBack(std::vector<Item> items) {
    std::uint64_t dropped = 0;
    for (auto& item : items) {
        const auto waiting = positions_.find(item.record.id);
        if (waiting != positions_.end()) {  // the newer part is a mere count, the older one has the trap
            TrapRecord& newer = waiting_[waiting->second].record;
            item.record.trap.count += newer.trap.count;
            item.record.last_arrived = std::max(item.record.last_arrived, newer.last_arrived);
            bytes_ += footprintOf(item.record) - footprintOf(newer);
            waiting_[waiting->second] = std::move(item);
        } else if (const auto footprint = footprintOf(item.record); bytes_ + footprint <= most_bytes) {
            bytes_ += footprint;
            positions_.emplace(item.record.id, waiting_.size());
            waiting_.push_back(std::move(item));
        } else {
            dropped += item.record.trap.count;
        }
    }
    return dropped;
}

}  // namespace standin::traps
