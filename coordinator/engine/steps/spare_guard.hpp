#pragma once

#include "coordinator/engine/machine_identity.hpp"
#include "coordinator/engine/steps/step_context.hpp"

namespace standin::engine::steps {

/// True if requests reach the machine at this port, or are about to: it owns the segment, has connections of it, or
/// gets the requests that the holder releases. `other`: the segment belongs to another failover.
bool serves(const protocol::Segment& segment, const base::PortName& port, bool other);

/// Asks the spare's switch whether the spare executes a job, immediately before the spare is switched or written. The
/// coordinator's own records may be out of date: its journal may be new, or restored from a backup. Conflict: the spare
/// owns a segment, so it executes a job.
base::Result<void> executesNothing(const StepContext& context);

/// A question that gets less time is as good as not asked, and its "unknown" would be no more than that.
inline constexpr drivers::Deadline shortest_identity_question{500};

/// identityOf() with what is left of the step's time. TimedOut: that is too little, so the step has to begin again.
base::Result<MachineIdentity> askedIdentity(const StepContext& context, const drivers::PowerLadder& ladder,
                                            const std::string& whose, const std::string& declared,
                                            drivers::Deadline within);

/// Asks the spare's power devices whether they belong to another machine (rule 5). Conflict: they do.
base::Result<void> isNoOtherMachine(const StepContext& context, drivers::Deadline within);

/// As isNoOtherMachine(), before the spare is written or started. Refused: the configuration requires the machine to be
/// confirmed, and no device reports its UUID now.
base::Result<void> isDeclaredMachine(const StepContext& context, drivers::Deadline within);

}  // namespace standin::engine::steps
