#pragma once

#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/wanted_steps.hpp"

/// The two ends of an operation: its beginning (Opened) and its rest (Succeeded, Failed, NeedsOperator, Closing,
/// Closed).
namespace standin::domain::ends {

void wantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);

}  // namespace standin::domain::ends
