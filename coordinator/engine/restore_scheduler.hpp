#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "coordinator/engine/drivers.hpp"
#include "coordinator/engine/status_snapshot.hpp"

namespace standin::engine {

/// Who restores, or captures, when many want it: so many at a time from one image store. Restores share its bandwidth,
/// and the first that is whole helps more than all that are half written; a capture has its server off. The most urgent
/// first. Nothing of it is durable: it follows from the operations (domain/spare/restore_need.hpp,
/// domain/capture/capture_need.hpp), so that no crash leaves a turn taken.
class RestoreScheduler {
  public:
    /// How urgent a restore is: by its server's priority, then by which failure was the first.
    struct Claim {
        int priority = 0;
        base::WallTime failure_at{};
        domain::OperationId operation = 0;
        auto operator<=>(const Claim& other) const {
            return std::tuple(-priority, failure_at, operation) <=>
                   std::tuple(-other.priority, other.failure_at, other.operation);
        }
        bool operator==(const Claim&) const = default;
    };

    using Limits = std::map<base::AgentName, std::size_t>;
    /// `otherwise`: of a store without a limit of its own.
    RestoreScheduler(const Limits& limits, std::size_t otherwise) : limits_(limits), otherwise_(otherwise) {}

    /// It wants a turn, and waits for it unless it has one.
    void wait(const base::AgentName& store, const Claim& claim);
    /// It restores, whether or not it was given a turn here (it may have begun before the coordinator was started).
    void restore(const base::AgentName& store, const Claim& claim);
    /// It wants nothing any more.
    void leave(domain::OperationId operation);

    /// Gives the turns that are free, and returns who has got one, the most urgent first.
    std::vector<domain::OperationId> give();
    [[nodiscard]] bool hasTurn(domain::OperationId operation) const;
    /// How many come before it; nothing: it does not wait.
    [[nodiscard]] std::optional<std::size_t> before(domain::OperationId operation) const;

    /// Who waits, if that has changed since it was asked for the last time.
    [[nodiscard]] std::optional<std::vector<RestoreQueue>> takeChanged();

  private:
    struct Store {
        std::set<Claim> restoring;
        std::set<Claim> waiting;
    };
    struct Place {
        base::AgentName store;
        Claim claim;
    };

    const Limits& limits_;
    const std::size_t otherwise_;
    std::map<base::AgentName, Store> stores_;
    std::map<domain::OperationId, Place> places_;
    bool changed_ = false;
};

}  // namespace standin::engine
