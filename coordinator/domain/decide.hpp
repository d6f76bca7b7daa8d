#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/domain/observation.hpp"
#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// A step to be started, or a long one to be asked after.
struct StepRequest {
    StepId id;
    unsigned attempt = 0;  ///< from 1
    bool poll = false;     ///< it was begun before; no new intent is needed
    StepLimits limits;
};

/// Steps are due. They do not depend on each other.
struct Start {
    std::vector<StepRequest> steps;
    std::optional<base::WallTime> next{};  ///< when something else is due, even if no outcome arrives before
};
/// Nothing is due before `until` (none: before an outcome arrives).
struct Wait {
    std::optional<base::WallTime> until;
    std::string why;
};
struct Succeeded {};
/// Prepare, refresh and backup: the abnormal end. Failover: the stand-in goes on (S231).
struct Failed {
    std::string why;
};
struct NeedsOperator {
    std::string why;
    std::string cure;
};
/// A closed failover.
struct Closed {};

using Action = std::variant<Start, Wait, Succeeded, Failed, NeedsOperator, Closed>;

struct Verdict {
    std::vector<Change> changes;  ///< in order; empty: the state stays
    Action action;
};

struct Decision : Verdict {
    Operation after;  ///< the operation with its new state, spare and notes; steps to start are marked Running
};

/// Decides what comes next. Pure: the same arguments give the same answer, and asking again without anything new gives
/// Wait or the same end. `operation` may be in any state, with steps in any progress; it becomes Decision::after.
Decision decide(Operation operation, const Observation& observation, base::WallTime now);

/// The same; the operation itself becomes what Decision::after would be.
Verdict decideOn(Operation& operation, const Observation& observation, base::WallTime now);

/// An event from outside: Preempted, OperatorRetries, OperatorCloses. Nothing if the state has no row for it.
std::optional<Decision> accept(const Operation& operation, Event event, const std::string& why, base::WallTime now);

}  // namespace standin::domain
