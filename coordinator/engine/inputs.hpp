#pragma once

#include <functional>
#include <variant>

#include "coordinator/domain/failure.hpp"
#include "coordinator/domain/step_report.hpp"
#include "coordinator/engine/engine.hpp"

namespace standin::engine {

/// The result of one attempt, or one poll, of a step.
struct StepOutcome {
    domain::OperationId operation = 0;
    domain::StepId step;
    unsigned attempt = 0;
    std::uint64_t sequence = 0;  ///< distinguishes the polls of one attempt
    domain::StepReport report;
    base::SteadyTime ended{};
};

/// A failure report, with a callback for its result (may be empty).
struct ReportInput {
    domain::FailureReport report;
    std::function<void(const base::Result<Engine::ReportOutcome>&)> reply;
};

class Conductor;

/// Any other work for the engine's thread. The Reply that it returns is called when the batch is durable, or with the
/// reason why it is not.
using Reply = std::function<void(const base::Result<void>& durable)>;
using Request = std::function<Reply(Conductor&)>;

using Input = std::variant<StepOutcome, ReportInput, Request>;

}  // namespace standin::engine
