#pragma once

#include <string>
#include <variant>

#include "coordinator/domain/transitions.hpp"

namespace standin::domain {

// Every pair of a state and an event, for each kind of operation. A pair is one of four things, and the last of them is
// a defect, which a test finds.

/// The table of transitions has a row.
struct Handled {
    const Transition* row;
};
/// It cannot come: it follows from steps that the state does not want, or from another state.
struct Impossible {};
/// It may be asked for, or its steps are under way, and it changes nothing: on purpose, for this reason.
struct Ignored {
    const char* reason;
};
/// It may come, and nobody has said what it means.
struct Unhandled {};

using Cell = std::variant<Handled, Impossible, Ignored, Unhandled>;

/// Precondition: the state is one of the kind's.
Cell cellOf(OperationKind kind, State state, Event event);

/// True where the event may be asked for in the state, or may follow from steps that it wants.
bool mayCome(State state, Event event);

/// The state is one that an operation of the kind comes to.
bool takesPart(OperationKind kind, State state);

/// The generated part of coordinator/README.md.
std::string matrixText();

}  // namespace standin::domain
