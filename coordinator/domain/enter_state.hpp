#pragma once

#include "coordinator/domain/observation.hpp"
#include "coordinator/domain/operation.hpp"
#include "coordinator/domain/step_set.hpp"

namespace standin::domain {

/// What a change of state changes in the operation besides its state. Asked are the phase that is left and the one that
/// is entered; each event is handled by one of the two.
void enterState(Operation& operation, const Change& change, const Observation& observation);

/// These steps, with whatever subject, are to be done once more. Their attempts are counted on, so that no command is
/// taken for an earlier one. A running one, too: what comes of that attempt belongs to the past.
void redo(Operation& operation, StepSet steps);

/// The operator's retry: what is confirmed stays so, what was given up is tried again, also with the spares that
/// failed. Only two things are looked at again: the power, because the server may have been repaired and switched on;
/// and whether the stand-in runs, because a person may have stopped it.
void retry(Operation& operation);

}  // namespace standin::domain
