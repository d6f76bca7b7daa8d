#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/domain/observation.hpp"
#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// A step to start, or a long-running step to poll.
struct StepRequest {
    StepId id;
    unsigned attempt = 0;  ///< from 1
    bool poll = false;     ///< the step was started before; no new intent is needed
    StepLimits limits;
};

/// Steps are due. They are independent of each other.
struct Start {
    std::vector<StepRequest> steps;
    std::optional<base::WallTime> next{};  ///< when something else becomes due, even if no outcome arrives first
};
/// Nothing is due before `until`. Nullopt: nothing is due until an outcome arrives.
struct Wait {
    std::optional<base::WallTime> until;
    std::string why;
};
struct Succeeded {};
/// The operation failed. Prepare, refresh and backup: the abnormal end. Failover: the stand-in keeps the job (S231).
struct Failed {
    std::string why;
};
struct NeedsOperator {
    std::string why;
    std::string cure;
};
/// The failover is closed.
struct Closed {};

using Action = std::variant<Start, Wait, Succeeded, Failed, NeedsOperator, Closed>;

struct Verdict {
    std::vector<Change> changes;  ///< in order; empty: the state stays
    Action action;
};

struct Decision : Verdict {
    Operation after;  ///< the operation with its new state, spare and notes; steps to start are marked Running
};

/// Decides what comes next. Pure: the same arguments give the same result. Asking again with nothing new gives Wait or
/// the same end. `operation` may be in any state, with its steps in any progress. It becomes Decision::after.
Decision decide(Operation operation, const Observation& observation, base::WallTime now);

/// As decide(), but in place: `operation` itself becomes what Decision::after would be.
Verdict decideOn(Operation& operation, const Observation& observation, base::WallTime now);

/// Applies an event from outside: Preempted, OperatorRetries, OperatorCloses. Nullopt: the table has no transition for
/// it in this state.
std::optional<Decision> accept(const Operation& operation, Event event, const std::string& why, base::WallTime now);

}  // namespace standin::domain
