// Failovers that need the operator because somebody did not answer are tried again when he does.
#include <fmt/format.h>

#include <algorithm>

#include "coordinator/engine/conductor.hpp"

namespace standin::engine {

namespace {

/// Who answers and does not do what he is asked is asked more and more rarely: each time the operator hears of it, and
/// held requests are moved.
constexpr std::chrono::seconds first_pause{30};
constexpr std::chrono::seconds longest_pause_between_retries{600};

}  // namespace

std::vector<BlockedFailover> Conductor::blockedFailovers() {
    std::erase_if(retries_, [this](const auto& entry) {
        const auto found = operations_.find(entry.first);
        return found == operations_.end() || !isOpen(found->second);
    });
    std::vector<BlockedFailover> blocked;
    for (const auto& [name, server] : inventory_.servers) {
        const auto maintained = maintenance_.find(name);
        if ((maintained != maintenance_.end() && maintained->second.on) || returns_.count(name) > 0) continue;
        const auto* failover = openFailoverOf(name);
        if (failover == nullptr || set_aside_.count(failover->id) > 0 || !mayRetry(*failover)) continue;
        const auto due = retries_.find(failover->id);
        if (due != retries_.end() && now() < due->second.next) continue;
        if (auto obstacle = domain::obstacleOf(*failover, server))
            blocked.push_back({failover->id, name, failover->stand_in, std::move(*obstacle)});
    }
    return blocked;
}

void Conductor::obstacleGone(const BlockedFailover& looked) {
    const auto still = blockedFailovers();
    if (std::find(still.begin(), still.end(), looked) == still.end()) return;  // decided otherwise meanwhile
    auto& retries = retries_[looked.failover];
    const auto pause = std::min(first_pause * (1U << std::min(retries.number, 8U)), longest_pause_between_retries);
    ++retries.number;
    retries.next = now() + pause;
    auto retried = retry(looked.failover, "the watch");
    if (!retried) lines_.push_back({base::LogLevel::Warning, retried.error().message});
}

}  // namespace standin::engine
