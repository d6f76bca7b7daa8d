#include "agent/request_holder/data_path/pace.hpp"

#include <algorithm>
#include <cmath>

namespace standin::request_holder {

namespace {

constexpr std::size_t first_window = 2;
constexpr double gain = 1.2;                     // below a fifth more, a larger window brings nothing
constexpr int rounds_until_tried_again = 8;      // a machine that was slow for a moment has been taken for a small one
constexpr std::size_t least_before_stalled = 4;  // fewer silent ones may be clients that expect no answer
constexpr Milliseconds shortest_patience{50};    // below this a busy machine would look like a silent one
constexpr Milliseconds longest_trial_pause{16'000};

double millisecondsOf(SteadyTime::duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

void Pace::begin() {
    under_way_.clear();
    window_ = settings_.order == ReleaseOrder::Strict ? 1 : std::min(first_window, settings_.longest_window);
    learned_ = tried_again_ = false;
    answers_in_round_ = 0;
    round_began_ = {};
    best_rate_ = 0;
    best_window_ = window_;
    rounds_without_gain_ = 0;
    settled_rounds_ = 0;
    usual_ms_ = deviation_ms_ = 0;
    silent_ = 0;
    next_trial_ = {};
    trial_pause_ = settings_.answer_wait;
}

std::size_t Pace::stalled_after() const {
    return std::max(window_, least_before_stalled);
}

bool Pace::mayGo(std::size_t preparing, SteadyTime now) const {
    const auto busy = under_way_.size() + preparing;
    if (stalled()) return busy == 0 && now >= next_trial_;
    return busy < window_;
}

Milliseconds Pace::patience() const {
    if (usual_ms_ == 0 || settings_.order == ReleaseOrder::Strict) return settings_.answer_wait;
    // As TCP's retransmission timer, with more room: an answer that is late is not lost here either.
    const auto wait = Milliseconds(static_cast<std::int64_t>(std::ceil(2 * usual_ms_ + 8 * deviation_ms_)));
    return std::min(settings_.answer_wait, std::max(wait, shortest_patience));
}

void Pace::sent(ArrivalNumber number, Milliseconds longest_wait, SteadyTime now, Milliseconds longest_pause) {
    if (stalled()) {
        next_trial_ = now + std::min(trial_pause_, longest_pause);
        trial_pause_ = std::min(2 * trial_pause_, longest_trial_pause);
    }
    if (round_began_ == SteadyTime{}) round_began_ = now;
    under_way_[number] = {now, now + std::min(longest_wait, patience())};
}

void Pace::answered(ArrivalNumber number, SteadyTime now) {
    silent_ = 0;  // also a late answer shows that the machine works
    trial_pause_ = settings_.answer_wait;
    const auto found = under_way_.find(number);
    if (found == under_way_.end()) return;
    const auto took = found->second.at;
    under_way_.erase(found);
    learn(std::chrono::duration_cast<Milliseconds>(now - took), now);
}

void Pace::learn(Milliseconds took, SteadyTime now) {
    const auto ms = std::max<double>(1, static_cast<double>(took.count()));
    if (usual_ms_ == 0) {
        usual_ms_ = ms;
        deviation_ms_ = ms / 2;
    } else {
        deviation_ms_ += (std::abs(ms - usual_ms_) - deviation_ms_) / 4;
        usual_ms_ += (ms - usual_ms_) / 8;
    }
    // Growing, two windows of answers: the first is partly of the window before. Workers that finish together make
    // short rounds inexact, so once it has been learned rounds are longer.
    const std::size_t windows = learned_ || tried_again_ ? 8 : 2;
    if (++answers_in_round_ >= windows * window_) endRound(now);
}

void Pace::endRound(SteadyTime now) {
    const auto rate = static_cast<double>(answers_in_round_) / std::max(0.001, millisecondsOf(now - round_began_));
    answers_in_round_ = 0;
    round_began_ = now;
    if (settings_.order == ReleaseOrder::Strict) return;
    if (learned_) {
        if (++settled_rounds_ < rounds_until_tried_again) return;
        settled_rounds_ = 0;
        learned_ = false;
        tried_again_ = true;
        rounds_without_gain_ = 1;
        best_rate_ = rate;
    } else if (rate >= gain * best_rate_) {
        best_rate_ = rate;
        best_window_ = window_;
        rounds_without_gain_ = 0;
        tried_again_ = false;
    } else if (++rounds_without_gain_ >= 2) {
        // With some work in reserve in the machine's queue: a worker that has finished need not wait for a round trip.
        window_ = std::min(best_window_ + best_window_ / 2 + 1, settings_.longest_window);
        learned_ = true;
        tried_again_ = false;
        return;
    }
    window_ = std::min(2 * std::max(window_, best_window_), settings_.longest_window);
}

// An end without an answer says nothing about the machine's pace.
void Pace::ended(ArrivalNumber number) {
    under_way_.erase(number);
}

void Pace::giveUp(SteadyTime now) {
    for (auto each = under_way_.begin(); each != under_way_.end();) {
        if (each->second.until > now) {
            ++each;
            continue;
        }
        each = under_way_.erase(each);
        ++silent_;
        if (silent_ == stalled_after()) next_trial_ = now + trial_pause_;
    }
}

std::optional<SteadyTime> Pace::nextChange() const {
    std::optional<SteadyTime> next;
    for (const auto& [number, sent] : under_way_) next = next ? std::min(*next, sent.until) : sent.until;
    if (stalled() && under_way_.empty()) return next ? std::min(*next, next_trial_) : next_trial_;
    return next;
}

}  // namespace standin::request_holder
