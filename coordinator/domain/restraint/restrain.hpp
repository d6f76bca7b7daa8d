#pragma once

#include <chrono>

#include "coordinator/domain/observation.hpp"
#include "coordinator/domain/operation.hpp"
#include "coordinator/domain/restraint/brake.hpp"

/// Where freeze and brake meet an operation: decide() asks here before it detects an event or starts a step.
namespace standin::domain::restraint {

/// An operation that waits is reported again after this time: long enough to act, too short to forget it.
inline constexpr std::chrono::minutes remind_every{10};

/// True as long as the operation has not begun to give the segment (or, for a capture, to switch its server off): from
/// then on stopping half way would do more harm than going on.
bool mayBeRestrained(const Operation& operation);

/// True for a failover that still has to pass the brake: none of its fences was begun.
bool wantsToPass(const Operation& operation);

/// True for a failover that has to pass the brake now or later.
bool hasNotPassed(const Operation& operation);

/// What is known of the failed server beyond doubt, from the operation's own steps.
PositiveEvidence evidenceOf(const Operation& operation);

/// Lets the operation through the brake, or begins, repeats or ends its restraint. What changes is kept in the
/// operation and reported to the operator.
void update(Operation& operation, const Observation& observation, base::WallTime now);

/// True for a step that must not be started now. A long step that has begun is polled on, unless its polls command.
bool keepsBack(const Operation& operation, const StepId& step);

/// When update() has something to report again; nullopt: nothing waits.
std::optional<base::WallTime> remindsAt(const Operation& operation);

}  // namespace standin::domain::restraint
