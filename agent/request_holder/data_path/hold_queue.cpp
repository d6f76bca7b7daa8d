#include "agent/request_holder/data_path/hold_queue.hpp"

#include <algorithm>

#include "agent/base/assertion.hpp"

namespace standin::request_holder {

ArrivalNumber HoldQueue::arrive(SteadyTime now) {
    STANDIN_ASSERT(!full());
    held_.emplace_hint(held_.end(), ++last_arrival_, Held{now});
    return last_arrival_;
}

void HoldQueue::arriveAgain(ArrivalNumber number, SteadyTime arrived) {
    STANDIN_ASSERT(number != 0 && number <= last_arrival_ && !contains(number));
    held_.emplace(number, Held{arrived});
    if (expectsAnswer(number)) ++answers_expected_;
}

void HoldQueue::remove(ArrivalNumber number) {
    auto found = held_.find(number);
    if (found == held_.end()) return;
    bytes_ -= found->second.bytes;
    if (expectsAnswer(number)) --answers_expected_;
    held_.erase(found);
}

std::optional<ArrivalNumber> HoldQueue::head() const {
    if (held_.empty()) return std::nullopt;
    return held_.begin()->first;
}

std::optional<ArrivalNumber> HoldQueue::next(ArrivalNumber number) const {
    const auto found = held_.upper_bound(number);
    if (found == held_.end()) return std::nullopt;
    return found->first;
}

std::uint64_t HoldQueue::room(ArrivalNumber number) const {
    auto found = held_.find(number);
    if (found == held_.end() || crowded()) return 0;
    const auto own = found->second.bytes;
    const auto own_room = own < limits_.connection_bytes ? limits_.connection_bytes - own : 0;
    return std::min(own_room, limits_.bytes - bytes_);
}

void HoldQueue::takeIn(ArrivalNumber number, std::uint64_t size) {
    STANDIN_ASSERT(size <= room(number));
    held_.at(number).bytes += size;
    bytes_ += size;
}

void HoldQueue::expectAnswers() {
    answers_expected_up_to_ = last_arrival_;
    answers_expected_ = held_.size();
}

Milliseconds HoldQueue::answerWait(ArrivalNumber number, SteadyTime now, Milliseconds longest) const {
    auto found = held_.find(number);
    if (found == held_.end() || answers_expected_ == 0) return Milliseconds(0);
    const auto age = std::chrono::duration_cast<Milliseconds>(now - found->second.arrived);
    // Three quarters: the last quarter of the allowed age is left for connecting and for a spare that fails once more.
    const auto left = std::max(Milliseconds(0), (limits_.age - age) * 3 / 4);
    return std::min(longest, left / static_cast<std::int64_t>(answers_expected_));
}

std::vector<ArrivalNumber> HoldQueue::overAge(SteadyTime now) const {
    std::vector<ArrivalNumber> old;
    for (const auto& [number, held] : held_) {
        if (held.arrived + limits_.age > now) break;  // arrivals are in the order of time
        old.push_back(number);
    }
    return old;
}

std::optional<SteadyTime> HoldQueue::nextOverAge() const {
    if (held_.empty()) return std::nullopt;
    return held_.begin()->second.arrived + limits_.age;
}

Milliseconds HoldQueue::oldestAge(SteadyTime now) const {
    if (held_.empty()) return Milliseconds(0);
    return std::chrono::duration_cast<Milliseconds>(now - held_.begin()->second.arrived);
}

}  // namespace standin::request_holder
