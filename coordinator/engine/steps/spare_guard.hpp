#pragma once

#include "coordinator/engine/steps/step_context.hpp"

namespace standin::engine::steps {

/// True if requests reach the machine at this port, or are about to: it owns the segment, has connections of it, or
/// gets the requests that the holder releases. `other`: the segment belongs to another failover.
bool serves(const protocol::Segment& segment, const base::PortName& port, bool other);

/// Asks the spare's switch whether the spare executes a job, immediately before the spare is switched or written. The
/// coordinator's own records may be out of date: its journal may be new, or restored from a backup. Conflict: the spare
/// owns a segment, so it executes a job.
base::Result<void> executesNothing(const StepContext& context);

/// Asks the spare's power devices whether they belong to another machine (rule 5). Conflict: they do.
base::Result<void> isNoOtherMachine(const StepContext& context, drivers::Deadline within);

/// As isNoOtherMachine(), before the spare is written or started. Refused: the configuration requires the machine to be
/// confirmed, and no device reports its UUID now.
base::Result<void> isDeclaredMachine(const StepContext& context, drivers::Deadline within);

}  // namespace standin::engine::steps
