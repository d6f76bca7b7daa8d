#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "agent/base/clock.hpp"
#include "coordinator/domain/spare_table.hpp"

namespace standin::engine {

/// When operations are to be decided on even if nothing happens. The cost depends on the due operations only, not on
/// the waiting ones.
class TimerQueue {
  public:
    /// Replaces the operation's earlier time.
    void set(domain::OperationId operation, base::WallTime at) {
        erase(operation);
        times_.emplace(operation, at);
        in_order_.emplace(at, operation);
    }
    void erase(domain::OperationId operation) {
        const auto found = times_.find(operation);
        if (found == times_.end()) return;
        in_order_.erase({found->second, operation});
        times_.erase(found);
    }
    void clear() {
        times_.clear();
        in_order_.clear();
    }
    [[nodiscard]] bool has(domain::OperationId operation) const { return times_.count(operation) > 0; }
    [[nodiscard]] std::optional<base::WallTime> next() const {
        return in_order_.empty() ? std::nullopt : std::optional(in_order_.begin()->first);
    }
    /// Removes and returns the operation that is due first; nullopt: none is due.
    std::optional<domain::OperationId> takeDue(base::WallTime now) {
        if (in_order_.empty() || in_order_.begin()->first > now) return std::nullopt;
        const auto operation = in_order_.begin()->second;
        erase(operation);
        return operation;
    }

  private:
    std::map<domain::OperationId, base::WallTime> times_;
    std::set<std::pair<base::WallTime, domain::OperationId>> in_order_;
};

}  // namespace standin::engine
