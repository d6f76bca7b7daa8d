#include "coordinator/domain/evidence/answer_times.hpp"

#include <algorithm>
#include <cmath>

namespace standin::domain {

void AnswerTimes::note(double answered_after_ms) {
    if (times_ms_.size() < most_kept) {
        times_ms_.push_back(answered_after_ms);
        return;
    }
    times_ms_[next_] = answered_after_ms;
    next_ = (next_ + 1) % most_kept;
}

double AnswerTimes::usualMs() const {
    if (times_ms_.empty()) return 0;
    auto sorted = times_ms_;
    // The smallest time that at least 99.9 % of the answers did not exceed.
    const auto rank = static_cast<std::size_t>(std::ceil(0.999 * static_cast<double>(sorted.size()))) - 1;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(rank), sorted.end());
    return sorted[rank];
}

std::chrono::milliseconds AnswerTimes::window(const EvidenceSettings& settings) const {
    if (times_ms_.size() < enough) return settings.longest_window;
    const auto usual = std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(usualMs())));
    return std::clamp(usual, settings.shortest_window, std::max(settings.shortest_window, settings.longest_window));
}

}  // namespace standin::domain
