#include "coordinator/simulation/virtual_time.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/assertion.hpp"

namespace standin::simulation {

std::string text(VirtualTime time) {
    return fmt::format("{}.{:06}", time.count() / 1'000'000, time.count() % 1'000'000);
}

EventQueue::EventQueue(std::size_t limit) : limit_(limit) {
    STANDIN_ASSERT(limit < places);
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
    push({std::max(when, now_), sequence_++ * places + place});
}

void EventQueue::push(Entry entry) {
    std::size_t hole = heap_.size();
    heap_.push_back(entry);
    while (hole > 0) {
        const std::size_t above = (hole - 1) / 2;
        if (!entry.isBefore(heap_[above])) break;
        heap_[hole] = heap_[above];
        hole = above;
    }
    heap_[hole] = entry;
}

EventQueue::Entry EventQueue::pop() {
    const Entry first = heap_.front();
    const Entry last = heap_.back();
    heap_.pop_back();
    const std::size_t size = heap_.size();
    if (size == 0) return first;
    std::size_t hole = 0;
    for (std::size_t below = 1; below < size; below = 2 * hole + 1) {
        if (below + 1 < size && heap_[below + 1].isBefore(heap_[below])) ++below;
        if (!heap_[below].isBefore(last)) break;
        heap_[hole] = heap_[below];
        hole = below;
    }
    heap_[hole] = last;
    return first;
}

void EventQueue::runNext() {
    STANDIN_ASSERT(!heap_.empty());
    const Entry entry = pop();
    now_ = entry.when;
    ++done_;
    What what = std::move(places_[entry.place()]);
    free_places_.push_back(static_cast<std::uint32_t>(entry.place()));
    what();
}

base::WallTime SimulatedClock::wall() const {
    return first_moment + queue_.now();
}

base::SteadyTime SimulatedClock::steady() const {
    return base::SteadyTime(std::chrono::hours(1)) + queue_.now();
}

}  // namespace standin::simulation
