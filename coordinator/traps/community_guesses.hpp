#pragma once

#include <map>
#include <set>
#include <string>

#include "agent/base/clock.hpp"

namespace standin::traps {

/// Slows down senders that try communities. Each address that may speak for a server has a budget of wrong ones: 10,
/// and one more every 6 s. Whoever has used it up is not looked at until there is some again, except for a community
/// that this address used rightly before: somebody who guesses in the name of a BMC must not silence it. All other
/// addresses share one budget, so forged ones take no memory. Not thread-safe.
class CommunityGuesses {
  public:
    static constexpr double budget = 10, per_second = 1.0 / 6;

    /// False: do not look at it. `sender` is a configured address, or empty for all others; `community` the name of the
    /// file that has the community, or empty: it is wrong.
    bool mayBeLookedAt(const std::string& sender, const std::string& community, base::SteadyTime now);
    /// What came of it.
    void looked(const std::string& sender, const std::string& community);

  private:
    struct Sender {
        double left = budget;
        base::SteadyTime counted_at{};
        std::set<std::string> right;  ///< names of files whose communities it has used
    };
    std::map<std::string, Sender> senders_;
};

}  // namespace standin::traps
