#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "coordinator/traps/trap_log.hpp"

namespace standin::traps {

/// A problem of a server that does not prevent its job but needs a person's attention.
struct DegradedCondition {
    ConditionKey key;
    std::string reason;         ///< one sentence, from the trap that reported it first
    std::string rule;           ///< the rule that classified the trap
    std::uint64_t trap_id = 0;  ///< the first in the trap log
    base::WallTime since{}, last{};
    std::uint64_t count = 0;  ///< number of traps that reported it
};

/// The present degraded conditions. A trap of that grade opens one; a `cleared` trap for the same condition, or an
/// operator, closes it. Stored in a file, so that they survive a restart. Thread-safe.
class DegradedConditions {
  public:
    static constexpr std::size_t most_of_server = 64;  ///< more is a flood, or nobody reads it
    using Tell = std::function<void(const base::ServerName&, const DegradedCondition&)>;

    /// `tell` is called once for each condition that opens. It must return at once.
    DegradedConditions(std::string file, Tell tell);

    /// Corrupt: the file cannot be read; then no condition is known.
    base::Result<void> load();
    /// Writes what has changed since the last time.
    base::Result<void> save();

    /// Takes a trap with its verdict; traps of other grades or unknown servers have no effect.
    void take(const TrapRecord& record);
    /// Closes the server's conditions, because a person takes care of them. Later traps are reported again.
    void acknowledge(const base::ServerName& server);
    /// The oldest first.
    [[nodiscard]] std::vector<DegradedCondition> of(const base::ServerName& server) const;

  private:
    [[nodiscard]] nlohmann::json written() const;

    const std::string file_;
    const Tell tell_;
    mutable std::mutex mutex_;
    std::map<base::ServerName, std::vector<DegradedCondition>> open_;
    bool changed_ = false;
};

/// As the API shows it.
nlohmann::json toJson(const DegradedCondition& condition);

}  // namespace standin::traps
