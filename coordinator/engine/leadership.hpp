#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "coordinator/engine/engine_context.hpp"

namespace standin::engine {

/// Whether this coordinator leads, and the epoch and sequence that order its commands after those of earlier
/// coordinators.
class Leadership {
  public:
    /// Drops pending changes and inputs; waiting callers get `problem`.
    using Drop = std::function<void(const base::Error& problem)>;

    Leadership(const EngineContext& context, Drop drop) : context_(context), drop_(std::move(drop)) {}

    void begin(protocol::Leader leader) { leader_ = std::move(leader); }
    /// Chooses a higher epoch, because agents have obeyed `epoch`.
    void exceed(std::uint64_t epoch) { leader_.epoch = std::max(leader_.epoch, epoch + 1); }
    [[nodiscard]] const protocol::Leader& leader() const { return leader_; }

    [[nodiscard]] bool leads() const { return *leads_; }
    /// A flag for tasks that run later: whether the coordinator still leads then.
    [[nodiscard]] std::shared_ptr<const std::atomic<bool>> flag() const { return leads_; }
    /// Stops this coordinator for good because another one leads: nothing is decided, written or started from now on.
    /// Its power commands could otherwise hit a machine that executes a job by now. Idempotent; only a restart ends it.
    void depose(const std::string& why);
    /// Why nothing is made durable any more.
    [[nodiscard]] base::Error problem() const;

    /// The sequence of a command that is sent now; (epoch, sequence) always ascends.
    std::uint64_t nextSequence() { return ++sequence_; }
    protocol::CommandStamp stampOf(std::string operation) {
        return {leader_.epoch, std::move(operation), nextSequence(), leader_.instance};
    }

  private:
    const EngineContext& context_;
    const Drop drop_;
    std::shared_ptr<std::atomic<bool>> leads_ = std::make_shared<std::atomic<bool>>(true);
    protocol::Leader leader_;
    std::uint64_t sequence_ = 0;  ///< of the last command
};

}  // namespace standin::engine
