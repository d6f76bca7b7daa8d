#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/domain/observation.hpp"
#include "coordinator/domain/operation.hpp"

// How it works, and why so.
//
// An operation remembers two things: its state, and its steps with their outcomes. decide() reads both, an observation
// of the few facts outside, and the time; it has no other input and no effect but its result. So it can be called after
// every batch of inputs, after a crash (there is no other recovery code) and years later from the record (replay).
//
// One call works in two parts. First, detectEvent() derives an event from the steps, the table of transitions gives the
// next state, and entering that state adjusts the operation. This repeats until no event is detected: several events
// may be due at once, and each change is reported. Then wantedSteps() names the steps of the state that is reached;
// those that are due are marked Running and returned together. They are independent of each other, which is why a fence
// and a resumption start in the same instant.
//
// An operation that freeze or brake restrains (restraint/) detects no event and starts no step meanwhile. Both parts
// ask there first, and nowhere else.
//
// Steps only start by this function, so the preconditions of rules 1, 2 and 5 are checked here once more, whatever the
// phase has concluded. A violation is a defect of the program and ends it: it is restarted from its journal.
//
// The caller makes the result durable and only then starts the steps (journal before effect). Nothing is decided by a
// timer alone: Wait says when to ask again, and the same question then has another answer because `now` has changed.

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
/// The failover is closed, or was cancelled.
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

/// Applies an event from outside: Preempted, OperatorRetries, OperatorCloses, OperatorCancels. Nullopt: the table has
/// no transition for it in this state.
std::optional<Decision> accept(const Operation& operation, Event event, const std::string& why, base::WallTime now);

}  // namespace standin::domain
