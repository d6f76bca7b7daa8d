#pragma once

#include <memory>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/log.hpp"
#include "agent/protocol/common.hpp"
#include "coordinator/config/configuration.hpp"
#include "coordinator/drivers/notifier.hpp"
#include "coordinator/engine/engine.hpp"
#include "coordinator/traps/degraded_conditions.hpp"
#include "coordinator/traps/refused_senders.hpp"
#include "coordinator/traps/seen_messages.hpp"
#include "coordinator/traps/trap_intake.hpp"
#include "coordinator/traps/trap_listener.hpp"
#include "coordinator/traps/trap_tests.hpp"

namespace standin {

/// Everything between the datagram and the engine's report, and what is remembered of traps over a restart.
class TrapReception {
  public:
    /// All outlive it. The engine has started, so that its journal can be asked.
    TrapReception(const config::Configuration& configuration, engine::Engine& engine, drivers::Notifier& notifier,
                  const base::Clock& clock, base::Log log)
        : configuration_(configuration), engine_(engine), notifier_(notifier), clock_(clock), log_(std::move(log)) {}

    /// Takes traps when it returns without error.
    base::Result<void> start();
    /// No more traps are taken; what waits is handled. Idempotent.
    void stop();
    /// To be called every second: stores what has changed.
    void keep();
    void checkHealth(protocol::Health& health) const;

    [[nodiscard]] traps::TrapLog& log() { return *trap_log_; }
    [[nodiscard]] traps::DegradedConditions& degraded() { return *degraded_; }
    [[nodiscard]] traps::TrapTests& tests() { return *tests_; }
    [[nodiscard]] const traps::RefusedSenders& refused() const { return *refused_; }
    [[nodiscard]] const traps::TrapQueue& queue() const { return queue_; }
    [[nodiscard]] const traps::TrapIntake& intake() const { return *intake_; }
    [[nodiscard]] const traps::TrapListener& listener() const { return *listener_; }

  private:
    base::Result<void> openMemory();
    traps::TrapIntake::Outlets outlets();
    void keepOne(const char* what, std::string& problem, const base::Result<void>& saved);

    const config::Configuration& configuration_;
    engine::Engine& engine_;
    drivers::Notifier& notifier_;
    const base::Clock& clock_;
    const base::Log log_;
    traps::ServerDirectory servers_;
    std::unique_ptr<traps::TrapLog> trap_log_;
    std::unique_ptr<traps::DegradedConditions> degraded_;
    std::unique_ptr<traps::SeenMessages> seen_;
    std::unique_ptr<traps::RefusedSenders> refused_;
    std::unique_ptr<traps::TrapTests> tests_;
    std::string degraded_problem_, seen_problem_, tests_problem_;  ///< why it was not stored the last time
    traps::TrapQueue queue_;
    std::unique_ptr<traps::TrapIntake> intake_;
    std::unique_ptr<traps::TrapListener> listener_;
};

}  // namespace standin
