#pragma once

#include "coordinator/domain/operation_progress.hpp"

namespace standin::domain {

// What is reported to the operator. Each note becomes a TellOperator step.

/// A topic that comes again is reported again.
void addNote(Operation& operation, const Note& note);

/// What an end says (S109, S131, S229, S231).
void addEndNote(Operation& operation, const Observation* observation, base::WallTime now);

/// What is noticed beside the flow while it goes on: a power that is not confirmed as off, a clock that may be wrong, a
/// stand-in that is all there is to wait for or is left over, and steps that are tried again in vain.
void addNotesBeside(Operation& operation, const Observation& observation, base::WallTime now);

/// An agent that has not answered a long step for minutes; or a step of the critical path that is tried again in vain
/// (rule 8).
std::optional<Note> troubleNote(const OperationProgress& progress);

}  // namespace standin::domain
