#include "agent/request_holder/data_path/waiting_room.hpp"

#include <utility>

namespace standin::request_holder {

void WaitingRoom::enter(const HeldPtr& held) {
    held->number = queue_.arrive(std::chrono::steady_clock::now());
    held_.emplace(held->number, held);
    events_.grew();
}

void WaitingRoom::enterAgain(const HeldPtr& held, SteadyTime arrived) {
    queue_.arriveAgain(held->number, arrived);
    held_.emplace(held->number, held);
    events_.grew();
}

HeldPtr WaitingRoom::next(ArrivalNumber number) const {
    const auto found = queue_.next(number);
    return found ? held_.at(*found) : nullptr;
}

void WaitingRoom::leave(const Held& held) {
    queue_.remove(held.number);
    held_.erase(held.number);
    events_.shrank();
}

void WaitingRoom::giveUp(const Held& held) {
    ++losses_.given_up;
    leave(held);
}

void WaitingRoom::endOverAge(SteadyTime now) {
    for (auto number : queue_.overAge(now)) {
        ++losses_.over_age;
        end(number);
    }
}

void WaitingRoom::endAll() {
    while (const auto number = queue_.head()) end(*number);
}

void WaitingRoom::end(ArrivalNumber number) {
    const auto found = held_.find(number);
    if (found == held_.end()) return;
    const auto held = found->second;
    leave(*held);
    held->endUnprocessed();
}

}  // namespace standin::request_holder
