#pragma once

#include "coordinator/engine/steps/step_context.hpp"

namespace standin::engine::steps {

/// Requests reach the machine at this port, or are about to: it owns the segment, keeps connections of it, or is handed
/// what the holder holds for `other`, another failover's segment.
bool serves(const protocol::Segment& segment, const base::PortName& port, bool other);

/// Asked of the spare's switch immediately before the spare is switched or written, because this coordinator's own
/// records may be older than the world: its journal may be new, or come from a backup. Conflict: the spare owns a
/// segment, so it executes a job.
base::Result<void> executesNothing(const StepContext& context);

/// Rule 5, asked of the spare's power devices. Conflict: they are another machine's.
base::Result<void> isNoOtherMachine(const StepContext& context, drivers::Deadline within);

/// The same before the spare is written or started. Refused: the configuration demands that the machine is confirmed,
/// and no device reports its UUID now.
base::Result<void> isDeclaredMachine(const StepContext& context, drivers::Deadline within);

}  // namespace standin::engine::steps
