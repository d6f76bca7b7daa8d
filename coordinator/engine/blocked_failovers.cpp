#include "coordinator/engine/blocked_failovers.hpp"

#include <algorithm>

namespace standin::engine {

namespace {

/// An agent that answers and does not do what it is asked is asked more and more rarely: each time the operator gets
/// a message, and held requests are moved.
constexpr std::chrono::seconds first_pause{30};
constexpr std::chrono::seconds longest_pause_between_retries{600};

}  // namespace

std::vector<BlockedFailover> BlockedFailovers::due() {
    std::erase_if(retries_, [this](const auto& entry) {
        const auto* failover = state_.operations.find(entry.first);
        return failover == nullptr || !isOpen(*failover);
    });
    std::vector<BlockedFailover> blocked;
    if (state_.restraints.freeze().on) return blocked;
    for (const auto& [name, server] : state_.inventory.servers) {
        const auto* failover = state_.operations.openFailoverOf(name);
        if (failover == nullptr || containment_.isSetAside(failover->id) || state_.maintenance.reason(name)) continue;
        if (!domain::mayRetry(facts_.of(name), *failover)) continue;
        const auto retries = retries_.find(failover->id);
        if (retries != retries_.end() && state_.now() < retries->second.next) continue;
        if (auto obstacle = domain::obstacleOf(*failover, server))
            blocked.push_back({failover->id, name, failover->stand_in, std::move(*obstacle)});
    }
    return blocked;
}

void BlockedFailovers::obstacleGone(const BlockedFailover& looked) {
    const auto still = due();
    if (std::find(still.begin(), still.end(), looked) == still.end()) return;  // decided otherwise meanwhile
    auto& retries = retries_[looked.failover];
    const auto pause = std::min(first_pause * (1U << std::min(retries.number, 8U)), longest_pause_between_retries);
    ++retries.number;
    retries.next = state_.now() + pause;
    auto retried = requests_.retry(looked.failover, "the watch");
    if (!retried) state_.batch.log(base::LogLevel::Warning, retried.error().message);
}

}  // namespace standin::engine
