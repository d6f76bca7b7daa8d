#include "coordinator/simulation/world/agent_gate.hpp"

#include <fmt/format.h>

namespace standin::simulation {

using base::ErrorCode;
using base::failure;

base::Result<void> AgentGate::admit(const protocol::CommandStamp& stamp) {
    if (protocol::isDeposed(stamp, leader_))
        return failure(ErrorCode::StaleEpoch, protocol::deposedText(stamp, leader_));
    leader_ = protocol::leaderBy(stamp);
    return {};
}

std::shared_ptr<AgentGate::Handled> AgentGate::earlier(const std::string& key) const {
    const auto found = handled_.find(key);
    return found == handled_.end() ? nullptr : found->second;
}

base::Result<void> AgentGate::Lane::arrive(const protocol::CommandStamp& stamp) {
    if (newest.overtakes(stamp)) {
        return failure(ErrorCode::Conflict, fmt::format("command {} for '{}' came too late: {} was commanded since",
                                                        stamp.sequence, subject, newest.age().second));
    }
    newest.see(stamp);
    return {};
}

AgentGate::Lane& AgentGate::lane(const std::string& subject) {
    Lane& its = lanes_[subject];
    if (its.subject.empty()) its.subject = subject;
    return its;
}

std::shared_ptr<AgentGate::Handled> AgentGate::enter(std::string key, Lane& lane) {
    auto mine = std::make_shared<Handled>();
    lane.under_way = mine;
    if (handled_.insert_or_assign(key, mine).second) order_.push_back(std::move(key));
    while (order_.size() > most_answers) {
        handled_.erase(order_.front());
        order_.pop_front();
    }
    return mine;
}

void AgentGate::forget() {
    lanes_.clear();
    handled_.clear();
    order_.clear();
}

}  // namespace standin::simulation
