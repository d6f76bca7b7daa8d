#include "coordinator/simulation/virtual_time.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/assertion.hpp"

namespace standin::simulation {

std::string text(VirtualTime time) {
    return fmt::format("{}.{:06}", time.count() / 1'000'000, time.count() % 1'000'000);
}

void EventQueue::at(VirtualTime when, What what) {
    STANDIN_ASSERT(heap_.size() < limit_);
    heap_.push_back({std::max(when, now_), sequence_++, std::move(what)});
    std::push_heap(heap_.begin(), heap_.end(), &later);
}

std::optional<VirtualTime> EventQueue::next() const {
    return heap_.empty() ? std::nullopt : std::optional(heap_.front().when);
}

void EventQueue::runNext() {
    STANDIN_ASSERT(!heap_.empty());
    std::pop_heap(heap_.begin(), heap_.end(), &later);
    Entry entry = std::move(heap_.back());
    heap_.pop_back();
    now_ = entry.when;
    ++done_;
    entry.what();
}

base::WallTime SimulatedClock::wall() const {
    return base::WallTime(std::chrono::seconds(1'800'000'000)) + queue_.now();  // 2027-01-15T08:00:00Z
}

base::SteadyTime SimulatedClock::steady() const {
    return base::SteadyTime(std::chrono::hours(1)) + queue_.now();
}

}  // namespace standin::simulation
