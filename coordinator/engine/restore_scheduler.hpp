#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "coordinator/engine/drivers.hpp"
#include "coordinator/engine/status_snapshot.hpp"

namespace standin::engine {

/// Assigns turns for restores, or for captures, with a limit per image store. Restores share its bandwidth, and one
/// complete restore helps more than several half-written ones; a capture has its server switched off. The most urgent
/// operation comes first. Turns are not durable: they follow from the operations (domain/spare/restore_need.hpp,
/// domain/capture/capture_need.hpp), so a crash leaves no turn taken.
class RestoreScheduler {
  public:
    /// The urgency of a restore: its server's priority, then the time of its failure.
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
    /// `otherwise`: the limit of a store without a limit of its own.
    RestoreScheduler(const Limits& limits, std::size_t otherwise) : limits_(limits), otherwise_(otherwise) {}

    /// The operation wants a turn, and waits for it unless it has one.
    void wait(const base::AgentName& store, const Claim& claim);
    /// The operation restores, whether or not it got a turn here (it may have begun before the coordinator was
    /// restarted).
    void restore(const base::AgentName& store, const Claim& claim);
    /// The operation wants nothing any more.
    void leave(domain::OperationId operation);

    /// Assigns the free turns, and returns the operations that got one, the most urgent first.
    std::vector<domain::OperationId> give();
    [[nodiscard]] bool hasTurn(domain::OperationId operation) const;
    /// The number of operations before it; nullopt: it does not wait.
    [[nodiscard]] std::optional<std::size_t> before(domain::OperationId operation) const;

    /// The waiting operations, if they have changed since the last call.
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
