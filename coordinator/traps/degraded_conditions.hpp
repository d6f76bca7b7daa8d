#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "coordinator/traps/trap_log.hpp"

namespace standin::traps {

/// Something of a server that does not keep it from its job, but that a person should see to.
struct DegradedCondition {
    ConditionKey key;
    std::string reason;         ///< one sentence, of the trap that told it first
    std::string rule;           ///< that took the trap for it
    std::uint64_t trap_id = 0;  ///< the first in the trap log
    base::WallTime since{}, last{};
    std::uint64_t count = 0;  ///< traps that said so
};

/// What is degraded now: opened by a trap of that grade, ended by one that says 'cleared' of the same, or by an
/// operator. Kept in a file, so that a restart forgets nothing. Safe for use by several threads.
class DegradedConditions {
  public:
    static constexpr std::size_t most_of_server = 64;  ///< more is a flood, or nobody reads it
    using Tell = std::function<void(const base::ServerName&, const DegradedCondition&)>;

    /// `tell` is called once for each condition that opens. It must return at once.
    DegradedConditions(std::string file, Tell tell);

    /// Corrupt: the file cannot be read; then nothing is known to be degraded.
    base::Result<void> load();
    /// Writes what has changed since the last time.
    base::Result<void> save();

    /// A trap with its verdict; those of other grades and of unknown servers change nothing.
    void take(const TrapRecord& record);
    /// A person knows, and sees to it: nothing is open any more. What comes then is told again.
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
