#pragma once

#include "coordinator/domain/observation.hpp"
#include "coordinator/domain/operation.hpp"
#include "coordinator/domain/step_set.hpp"

namespace standin::domain {

/// Applies what a change of state changes in the operation besides the state itself. Both the phase that is left and
/// the phase that is entered are called; each event is handled by one of them.
void enterState(Operation& operation, const Change& change, const Observation& observation);

/// Marks these steps, with any subject, to be done once more. The attempt numbers continue, so that no new command is
/// mistaken for an earlier one. This includes running steps: the outcome of their present attempt is then ignored.
void redo(Operation& operation, StepSet steps);

/// Applies the operator's retry. Confirmed steps stay confirmed; given-up steps are tried again, and so are failed
/// spares. Only two facts are observed again: the power, because the server may have been repaired and switched on, and
/// the stand-in's state, because a person may have stopped it.
void retry(Operation& operation);

}  // namespace standin::domain
