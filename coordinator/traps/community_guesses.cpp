#include "coordinator/traps/community_guesses.hpp"

#include <algorithm>

namespace standin::traps {

bool CommunityGuesses::mayBeLookedAt(const std::string& sender, const std::string& community, base::SteadyTime now) {
    auto& its = senders_[sender];
    const std::chrono::duration<double> passed = now - its.counted_at;
    if (its.counted_at != base::SteadyTime{}) its.left = std::min(budget, its.left + passed.count() * per_second);
    its.counted_at = now;
    return its.left >= 1 || its.right.count(community) > 0;
}

void CommunityGuesses::looked(const std::string& sender, const std::string& community) {
    auto& its = senders_[sender];
    if (community.empty()) {
        its.left -= 1;
    } else if (!sender.empty()) {
        its.right.insert(community);
    }
}

}  // namespace standin::traps
