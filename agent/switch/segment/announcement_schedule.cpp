#include "agent/switch/segment/announcement_schedule.hpp"

#include <chrono>

namespace standin::lan_switch {

using namespace std::chrono_literals;

void AnnouncementSchedule::plan(const base::SegmentId& segment, base::SteadyTime first) {
    due_[segment] = {first + 3s, first + 1100ms, first + 200ms, first + 50ms};
}

std::vector<base::SegmentId> AnnouncementSchedule::take(base::SteadyTime now) {
    std::vector<base::SegmentId> segments;
    for (auto entry = due_.begin(); entry != due_.end();) {
        auto& times = entry->second;
        const bool due = !times.empty() && times.back() <= now;
        while (!times.empty() && times.back() <= now) times.pop_back();
        if (due) segments.push_back(entry->first);
        entry = times.empty() ? due_.erase(entry) : std::next(entry);
    }
    return segments;
}

std::optional<base::SteadyTime> AnnouncementSchedule::next() const {
    std::optional<base::SteadyTime> earliest;
    for (const auto& [segment, times] : due_) {
        if (!times.empty() && (!earliest || times.back() < *earliest)) earliest = times.back();
    }
    return earliest;
}

}  // namespace standin::lan_switch
