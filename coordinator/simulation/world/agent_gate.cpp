#include "coordinator/simulation/world/agent_gate.hpp"

#include <fmt/format.h>

namespace standin::simulation {

using base::ErrorCode;
using base::failure;

base::Result<void> AgentGate::admit(const protocol::CommandStamp& stamp) {
    if (protocol::isDeposed(stamp, highest_)) {
        return failure(
            ErrorCode::StaleEpoch,
            fmt::format("epoch {} is older than {}: another coordinator has taken over", stamp.epoch, highest_));
    }
    highest_ = stamp.epoch;
    return {};
}

std::shared_ptr<AgentGate::Handled> AgentGate::earlier(const std::string& key) const {
    const auto found = handled_.find(key);
    return found == handled_.end() ? nullptr : found->second;
}

base::Result<void> AgentGate::arrive(const std::string& subject, const protocol::CommandStamp& stamp) {
    Lane& lane = lanes_[subject];
    if (lane.newest.overtakes(stamp)) {
        return failure(ErrorCode::Conflict, fmt::format("command {} for '{}' came too late: {} was commanded since",
                                                        stamp.sequence, subject, lane.newest.age().second));
    }
    lane.newest.see(stamp);
    return {};
}

bool AgentGate::isBusy(const std::string& subject) const {
    const auto lane = lanes_.find(subject);
    return lane != lanes_.end() && lane->second.under_way && !lane->second.under_way->done;
}

std::shared_ptr<AgentGate::Handled> AgentGate::enter(const std::string& key, const std::string& subject) {
    auto mine = std::make_shared<Handled>();
    lanes_[subject].under_way = mine;
    if (handled_.insert_or_assign(key, mine).second) order_.push_back(key);
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
