#pragma once

#include "agent/base/result.hpp"
#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/enter_state.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/wanted_steps.hpp"

/// The cancel phase: an operator takes a failover back before it has given the segment. State: Cancelling.
///
/// A failover whose fence was only the port's can be undone, because the server still runs: its port gets the segment
/// again. One that has begun to cut the power cannot: the server may be off, and to give it the segment would leave the
/// job to nobody (rule 8). Until the stand-in is suspended again it is in its quarantine, as it was all the time, so
/// the server need not wait for that.
namespace standin::domain::cancel {

/// Whether the failover can be taken back. WrongState: the message says what keeps it from that, and what to do
/// instead.
base::Result<void> mayCancel(const Operation& operation);

void wantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);
void enterState(Operation& operation, const Change& change);

/// True if the failover's stand-in was not resumed, or is confirmed to be suspended again.
bool standInRests(const Operation& operation);

/// What is reported at the end.
Note endNote(const Operation& operation);

}  // namespace standin::domain::cancel
