#include "coordinator/simulation/virtual_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/base/assertion.hpp"

namespace standin::simulation {

std::string text(VirtualTime time) {
    return fmt::format("{}.{:06}", time.count() / 1'000'000, time.count() % 1'000'000);
}

void EventQueue::at(VirtualTime when, What what) {
    STANDIN_ASSERT(heap_.size() < limit_);
    if (free_places_.empty()) {
        free_places_.push_back(static_cast<std::uint32_t>(places_.size()));
        places_.emplace_back();
    }
    const std::uint32_t place = free_places_.back();
    free_places_.pop_back();
    places_[place] = std::move(what);
    heap_.push_back({std::max(when, now_), sequence_++, place});
    std::push_heap(heap_.begin(), heap_.end(), Later());
}

std::optional<VirtualTime> EventQueue::next() const {
    return heap_.empty() ? std::nullopt : std::optional(heap_.front().when);
}

void EventQueue::runNext() {
    STANDIN_ASSERT(!heap_.empty());
    std::pop_heap(heap_.begin(), heap_.end(), Later());
    const Entry entry = heap_.back();
    heap_.pop_back();
    now_ = entry.when;
    ++done_;
    const What what = std::exchange(places_[entry.place], nullptr);
    free_places_.push_back(entry.place);
    what();
}

base::WallTime SimulatedClock::wall() const {
    return base::WallTime(std::chrono::seconds(1'800'000'000)) + queue_.now();  // 2027-01-15T08:00:00Z
}

base::SteadyTime SimulatedClock::steady() const {
    return base::SteadyTime(std::chrono::hours(1)) + queue_.now();
}

}  // namespace standin::simulation
