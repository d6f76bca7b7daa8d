#include "coordinator/engine/work_queue.hpp"

#include <algorithm>

#include "agent/base/assertion.hpp"

namespace standin::engine {

WorkQueue::WorkQueue(const Limits& limits) {
    for (std::size_t i = 0; i < limits.size(); ++i) lanes_.at(i).limit = limits.at(i);
}

bool WorkQueue::LaneState::isFull() const {
    return running - std::min(written_off, limit.written_off) >= limit.at_once;
}

bool WorkQueue::LaneState::mayBegin(const Group& group) const {
    return !group.tasks.empty() && group.running < limit.of_one;
}

/// Tickets ascend: the lowest has waited longest.
std::map<std::string, WorkQueue::Group>::const_iterator WorkQueue::LaneState::next() const {
    auto first = groups.end();
    if (isFull()) return first;
    for (auto it = groups.begin(); it != groups.end(); ++it) {
        if (!mayBegin(it->second)) continue;
        if (first == groups.end() || it->second.tasks.front().first < first->second.tasks.front().first) first = it;
    }
    return first;
}

Executor::Ticket WorkQueue::push(Executor::Task task) {
    const auto ticket = ++last_;
    of(task.lane).groups[task.whom].tasks.emplace_back(ticket, std::move(task.run));
    ++waiting_;
    places_[ticket] = {task.lane, std::move(task.whom), false, false};
    return ticket;
}

bool WorkQueue::canTake(domain::Lane lane) const {
    return of(lane).next() != of(lane).groups.end();
}

std::optional<WorkQueue::Begun> WorkQueue::take(domain::Lane lane) {
    auto& its = of(lane);
    const auto found = its.next();
    if (found == its.groups.end()) return std::nullopt;
    Group& group = its.groups.at(found->first);
    Begun begun{group.tasks.front().first, std::move(group.tasks.front().second)};
    group.tasks.pop_front();
    ++group.running;
    ++its.running;
    places_.at(begun.ticket).begun = true;
    --waiting_;
    return begun;
}

void WorkQueue::ended(Executor::Ticket ticket) {
    const auto place = places_.find(ticket);
    STANDIN_ASSERT(place != places_.end() && place->second.begun);
    auto& lane = of(place->second.lane);
    const auto found = lane.groups.find(place->second.whom);
    Group& group = found->second;
    --lane.running;
    --group.running;
    if (place->second.written_off) {
        --lane.written_off;
        --group.written_off;
    }
    if (group.running == 0 && group.tasks.empty()) lane.groups.erase(found);
    places_.erase(place);
}

void WorkQueue::writeOff(Executor::Ticket ticket) {
    const auto place = places_.find(ticket);
    if (place == places_.end() || !place->second.begun || place->second.written_off) return;
    place->second.written_off = true;
    auto& lane = of(place->second.lane);
    ++lane.written_off;
    ++lane.groups.at(place->second.whom).written_off;
}

bool WorkQueue::takeBack(Executor::Ticket ticket) {
    const auto place = places_.find(ticket);
    if (place == places_.end() || place->second.begun) return false;
    auto& lane = of(place->second.lane);
    const auto found = lane.groups.find(place->second.whom);
    Group& group = found->second;
    const bool agent_hangs = group.running >= lane.limit.of_one && group.written_off == group.running;
    const bool lane_hangs = lane.isFull() && lane.written_off == lane.running;
    if (!agent_hangs && !lane_hangs) return false;
    std::erase_if(group.tasks, [ticket](const auto& task) { return task.first == ticket; });
    if (group.running == 0 && group.tasks.empty()) lane.groups.erase(found);
    places_.erase(place);
    --waiting_;
    return true;
}

std::size_t WorkQueue::mostThreads(domain::Lane lane) const {
    return of(lane).limit.at_once + of(lane).limit.written_off;
}

void WorkQueue::clear() {
    for (auto& lane : lanes_) {
        for (auto& [whom, group] : lane.groups) group.tasks.clear();
        std::erase_if(lane.groups, [](const auto& entry) { return entry.second.running == 0; });
    }
    std::erase_if(places_, [](const auto& place) { return !place.second.begun; });
    waiting_ = 0;
}

}  // namespace standin::engine
