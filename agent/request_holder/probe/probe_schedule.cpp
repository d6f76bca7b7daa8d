#include "agent/request_holder/probe/probe_schedule.hpp"

#include <algorithm>

#include "agent/base/assertion.hpp"

namespace standin::request_holder {

namespace {

using Time = ProbeSchedule::Time;

constexpr Time shortest_pause{3'000};
constexpr Time longest_pause{50'000};
constexpr Time pause_when_connected{20'000};
constexpr Time pause_when_slow{250'000};
constexpr Time first_anchor_after{10'000};

}  // namespace

std::size_t ProbeSchedule::begin(Time now) {
    STANDIN_ASSERT(!victim());
    const bool anchor = now >= next_anchor_;
    if (anchor) next_anchor_ = std::max(first_anchor_after, now * 2);
    attempts_.push_back({++begun_, now, anchor, false});
    return begun_;
}

void ProbeSchedule::connected(std::size_t id) {
    for (auto& attempt : attempts_) {
        if (attempt.id == id) attempt.connected = true;
    }
}

void ProbeSchedule::end(std::size_t id) {
    std::erase_if(attempts_, [id](const Attempt& attempt) { return attempt.id == id; });
}

Time ProbeSchedule::next(Time last) const {
    const auto waiting =
        std::count_if(attempts_.begin(), attempts_.end(), [](const Attempt& attempt) { return attempt.connected; });
    if (static_cast<std::size_t>(waiting) >= connected_enough) return last + pause_when_slow;
    return last + std::clamp(last / 16, waiting > 0 ? pause_when_connected : shortest_pause, longest_pause);
}

std::optional<std::size_t> ProbeSchedule::victim() const {
    if (attempts_.size() < in_flight_limit) return std::nullopt;
    for (const auto& attempt : attempts_) {
        if (!attempt.anchor) return attempt.id;
    }
    return attempts_.front().id;
}

}  // namespace standin::request_holder
