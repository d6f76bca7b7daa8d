#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "agent/base/clock.hpp"
#include "coordinator/domain/decide.hpp"
#include "coordinator/domain/step_report.hpp"
#include "coordinator/engine/attempts.hpp"
#include "coordinator/engine/drivers.hpp"

namespace standin::engine {

/// The input of a step: the operation as it was when its steps were started, and what the step works with.
struct StepContext {
    const Drivers& drivers;
    const Inventory& inventory;
    const base::Clock& clock;
    base::Shared<domain::Operation> operation;
    domain::StepRequest request;
    protocol::Leader leader;     ///< this coordinator
    std::uint64_t sequence = 0;  ///< of this attempt or poll, among all started in this epoch
    base::SteadyTime begun{};
    std::chrono::milliseconds running_for{};  ///< since the step's first attempt
    std::shared_ptr<AttemptProgress> progress = std::make_shared<AttemptProgress>();

    [[nodiscard]] const domain::Server& server() const { return inventory.servers.at(operation->server); }
    /// Precondition: the operation has a spare.
    [[nodiscard]] const domain::Spare& spare() const { return inventory.spares.at(operation->spare); }
    [[nodiscard]] const domain::Step& step() const { return *operation->find(request.id); }

    /// The id of one command of this attempt; `part` distinguishes several commands of an attempt.
    [[nodiscard]] protocol::CommandStamp stamp(const std::string& part = {}) const {
        std::string id = std::to_string(operation->id) + "/" + std::string(nameOf(request.id.name)) + "/" +
                         std::to_string(request.attempt);
        return {leader.epoch, part.empty() ? id : id + "/" + part, sequence, leader.instance};
    }
    /// True if the engine no longer waits for this attempt, so that later steps may have started. Has to be checked
    /// before a command that no agent orders by its sequence.
    [[nodiscard]] bool isGivenUp() const { return progress->given_up; }
    /// The time left for the attempt. Never zero, so that a late call still gets a clear answer.
    [[nodiscard]] drivers::Deadline remaining() const {
        const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady() - begun);
        return std::max(request.limits.deadline - spent, std::chrono::milliseconds(50));
    }
};

using domain::StepReport;

/// Executes one attempt, or one poll, of the step that the context names. Called on a thread of the executor; returns
/// within about the step's deadline.
StepReport perform(const StepContext& context);

}  // namespace standin::engine
