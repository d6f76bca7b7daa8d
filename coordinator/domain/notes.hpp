#pragma once

#include "coordinator/domain/operation_progress.hpp"

namespace standin::domain {

// Reports to the operator. Each note becomes a TellOperator step.

/// Adds a note. A topic that occurs again is reported again.
void addNote(Operation& operation, const Note& note);

/// True if a note was not sent to the operator, as far as is known.
bool hasUnsentNote(const Operation& operation);

/// Adds the note of an end (S109, S131, S229, S231).
void addEndNote(Operation& operation, const Observation* observation, base::WallTime now);

/// Adds notes about problems noticed while the flow continues: a power fence that is not confirmed, a clock that may be
/// wrong, a stand-in that is the only candidate left or is left over, and steps that keep failing.
void addNotesBeside(Operation& operation, const Observation& observation, base::WallTime now);

/// The note about an agent that has not answered a long step for minutes, or about a step of the critical path that
/// keeps failing (rule 8).
std::optional<Note> troubleNote(const OperationProgress& progress);

}  // namespace standin::domain
