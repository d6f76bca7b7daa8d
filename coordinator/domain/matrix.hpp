#pragma once

#include <string>
#include <variant>

#include "coordinator/domain/transitions.hpp"

namespace standin::domain {

// The matrix of all pairs of state and event, for each kind of operation. Each pair is one of four things. The last of
// them, Unhandled, is a defect, which a test detects.

/// The table of transitions has a row.
struct Handled {
    const Transition* row;
};
/// The event cannot occur: it follows from steps that the state does not want, or from another state.
struct Impossible {};
/// The event may be requested, or its steps may be running, but it deliberately changes nothing, for this reason.
struct Ignored {
    const char* reason;
};
/// The event may occur, but its effect is not defined.
struct Unhandled {};

using Cell = std::variant<Handled, Impossible, Ignored, Unhandled>;

/// Precondition: the state belongs to the kind of operation.
Cell cellOf(OperationKind kind, State state, Event event);

/// True if the event may be requested in the state, or may follow from steps that the state wants.
bool mayCome(State state, Event event);

/// True if operations of the kind can reach the state.
bool takesPart(OperationKind kind, State state);

/// The generated part of coordinator/README.md.
std::string matrixText();

}  // namespace standin::domain
