#include "coordinator/engine/event_hub.hpp"

namespace standin::engine {

void EventHub::publish(EngineEvent event) {
    {
        const std::lock_guard lock(mutex_);
        event.id = ++last_;
        events_.push_back(std::move(event));
        if (events_.size() > keep_) events_.pop_front();
    }
    published_.notify_all();
}

std::vector<EngineEvent> EventHub::after(std::uint64_t after, std::size_t most, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    published_.wait_for(lock, patience, [&] { return closed_ || last_ > after; });
    std::vector<EngineEvent> found;
    if (closed_ || events_.empty() || last_ <= after) return found;
    // Ids have no gaps, so the position follows from the id.
    const std::uint64_t first = events_.front().id;
    for (std::size_t i = after < first ? 0 : after - first + 1; i < events_.size() && found.size() < most; ++i) {
        found.push_back(events_[i]);
    }
    return found;
}

std::uint64_t EventHub::last() const {
    const std::lock_guard lock(mutex_);
    return last_;
}

void EventHub::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    published_.notify_all();
}

bool EventHub::closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

}  // namespace standin::engine
