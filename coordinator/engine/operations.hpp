#pragma once

#include <map>
#include <set>
#include <string>

#include "agent/base/name_map.hpp"
#include "coordinator/engine/batch.hpp"
#include "coordinator/engine/timer_queue.hpp"

namespace standin::engine {

/// The operations in memory: all open ones and the last ended ones, indexed by server.
class Operations {
  public:
    Operations(const EngineContext& context, Batch& batch) : context_(context), batch_(batch) {}

    /// Restores the last number used in the journal.
    void restore(domain::OperationId last) { last_ = last; }
    domain::Operation& restore(domain::Operation operation);
    /// Opens an operation for the server, with the contents of its row; null: it has none.
    domain::Operation& open(domain::OperationKind kind, const base::ServerName& server, const std::string& asked_by,
                            base::WallTime failure_at, const domain::SpareTableRow* row);
    [[nodiscard]] domain::OperationId last() const { return last_; }
    /// Marks the numbers up to this one as used.
    void exceed(domain::OperationId used) { last_ = std::max(last_, used); }

    [[nodiscard]] domain::Operation* find(domain::OperationId id);
    [[nodiscard]] const domain::Operation* find(domain::OperationId id) const;
    base::Result<domain::Operation*> get(domain::OperationId id);
    [[nodiscard]] domain::Operation& at(domain::OperationId id) { return operations_.at(id); }
    [[nodiscard]] const std::map<domain::OperationId, domain::Operation>& all() const { return operations_; }

    /// The server's newest operation for which `is` returns true; null: there is none.
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
    /// Evidence has refuted a report about the server within the time that `evidence: suspicion` says.
    [[nodiscard]] bool wasRefuted(const base::ServerName& server) const;
    [[nodiscard]] const domain::Operation* openFailoverOf(const base::ServerName& server) const;
    /// The failover of another server in the same rack that has not succeeded yet, for people; empty: there is none.
    [[nodiscard]] std::string rackFailoverOf(const base::ServerName& server) const;
    /// Has the captures of the rack that have not begun decided on again.
    void touchCapturesOfRack(const base::ServerName& server);
    /// The capture whose restart explains events of the server's hardware; null: there is none.
    [[nodiscard]] const domain::Operation* restartingCaptureOf(const base::ServerName& server) const;
    /// True if the failover still retires the holder after its normal end: its next order would overrule an order for
    /// the server.
    [[nodiscard]] bool retiresHolder(const domain::Operation& failover) const;

    /// When each operation is decided on even if nothing happens.
    TimerQueue& timers() { return timers_; }
    [[nodiscard]] const TimerQueue& timers() const { return timers_; }

    // Servers that were commanded to switch on and have not answered, also after the operation's end.
    void powersOn(const domain::Operation& operation) { powering_on_[operation.server] = operation.id; }
    [[nodiscard]] bool isPoweringOn(const base::ServerName& server) const { return powering_on_.count(server) > 0; }
    /// Ends the record of a power-on command. Operations of the server that read its power as a fence depend on it.
    void endPowerOn(domain::OperationId id, const domain::StepId& step);

    /// Notes that an operation has ended. It may still have steps to start or to wait for, e.g. a message to the
    /// operator.
    void noteEnd(const domain::Operation& operation);
    /// Forgets the oldest ended operations if there are too many.
    void forgetOldest();
    void drop() { timers_.clear(); }

  private:
    const EngineContext& context_;
    Batch& batch_;
    domain::OperationId last_ = 0;
    std::map<domain::OperationId, domain::Operation> operations_;
    base::NameMap<base::ServerName, std::map<domain::OperationId, const domain::Operation*>> of_server_;
    std::set<domain::OperationId> ended_;  ///< may be forgotten if there are too many
    std::map<base::ServerName, domain::OperationId> powering_on_;
    TimerQueue timers_;
};

}  // namespace standin::engine
