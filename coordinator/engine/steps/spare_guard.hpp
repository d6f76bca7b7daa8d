#pragma once

#include "coordinator/engine/steps/step_context.hpp"

namespace standin::engine::steps {

/// Asked of the spare's switch immediately before the spare is switched or written, because this coordinator's own
/// records may be older than the world: its journal may be new, or come from a backup. Conflict: the spare owns a
/// segment, so it executes a job.
base::Result<void> executesNothing(const StepContext& context);

}  // namespace standin::engine::steps
