#pragma once

#include <map>
#include <set>
#include <string>

#include "agent/base/name_map.hpp"
#include "coordinator/engine/batch.hpp"
#include "coordinator/engine/timer_queue.hpp"

namespace standin::engine {

/// The operations that the journal holds: all that are open and the last ended ones, found by their servers.
class Operations {
  public:
    Operations(const EngineContext& context, Batch& batch) : context_(context), batch_(batch) {}

    /// What the journal held.
    void restore(domain::OperationId last) { last_ = last; }
    domain::Operation& restore(domain::Operation operation);
    /// Opened for the server with what its row says; null: it has none.
    domain::Operation& open(domain::OperationKind kind, const base::ServerName& server, const std::string& asked_by,
                            base::WallTime failure_at, const domain::SpareTableRow* row);
    [[nodiscard]] domain::OperationId last() const { return last_; }
    /// Numbers up to this one are used.
    void exceed(domain::OperationId used) { last_ = std::max(last_, used); }

    [[nodiscard]] domain::Operation* find(domain::OperationId id);
    [[nodiscard]] const domain::Operation* find(domain::OperationId id) const;
    base::Result<domain::Operation*> get(domain::OperationId id);
    [[nodiscard]] domain::Operation& at(domain::OperationId id) { return operations_.at(id); }
    [[nodiscard]] const std::map<domain::OperationId, domain::Operation>& all() const { return operations_; }

    /// The server's newest operation for which `is` says true; null: there is none.
    template <typename Is>
    [[nodiscard]] const domain::Operation* newestOf(const base::ServerName& server, Is is) const {
        const auto its = of_server_.find(server);
        if (its == of_server_.end()) return nullptr;
        for (auto found = its->second.rbegin(); found != its->second.rend(); ++found) {
            if (is(*found->second)) return found->second;
        }
        return nullptr;
    }
    [[nodiscard]] const domain::Operation* openOf(const base::ServerName& server) const {
        return newestOf(server, &domain::isOpen);
    }
    [[nodiscard]] const domain::Operation* openFailoverOf(const base::ServerName& server) const;
    /// A failover that has not succeeded yet of another server in the same rack, for people; empty: there is none.
    [[nodiscard]] std::string rackFailoverOf(const base::ServerName& server) const;
    /// Captures of the rack that have not begun are decided on again.
    void touchCapturesOfRack(const base::ServerName& server);
    /// The capture whose restart accounts for what the server's hardware reports; null: there is none.
    [[nodiscard]] const domain::Operation* restartingCaptureOf(const base::ServerName& server) const;
    /// It goes on after its normal end: its next order would be newer than an order for the server.
    [[nodiscard]] bool retiresHolder(const domain::Operation& failover) const;

    /// When each is decided on although nothing happens.
    TimerQueue& timers() { return timers_; }
    [[nodiscard]] const TimerQueue& timers() const { return timers_; }

    // Servers that were commanded to switch on and have not answered, also after that operation has ended.
    void powersOn(const domain::Operation& operation) { powering_on_[operation.server] = operation.id; }
    [[nodiscard]] bool isPoweringOn(const base::ServerName& server) const { return powering_on_.count(server) > 0; }
    /// Whether the server's power may be read as a fence again depends on it.
    void endPowerOn(domain::OperationId id, const domain::StepId& step);

    /// An operation that has ended may still have a step to begin or to wait for, e.g. a message to the operator.
    void noteEnd(const domain::Operation& operation);
    /// The oldest of those that have ended, if there are too many.
    void forgetOldest();
    void drop() { timers_.clear(); }

  private:
    const EngineContext& context_;
    Batch& batch_;
    domain::OperationId last_ = 0;
    std::map<domain::OperationId, domain::Operation> operations_;
    base::NameMap<base::ServerName, std::map<domain::OperationId, const domain::Operation*>> of_server_;
    std::set<domain::OperationId> ended_;  ///< may be forgotten, however many are open
    std::map<base::ServerName, domain::OperationId> powering_on_;
    TimerQueue timers_;
};

}  // namespace standin::engine
