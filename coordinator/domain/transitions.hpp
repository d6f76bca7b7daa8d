#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/domain/state.hpp"

namespace standin::domain {

/// One row of the table of transitions. A pair of state and event that has no row cannot happen in that kind of
/// operation, or changes nothing.
struct Transition {
    OperationKind kind{};
    State from{};
    Event event{};
    State to{};
    const char* meaning;  ///< what it is for, with the steps of the flow
};

const std::vector<Transition>& transitions();

/// The state after `event`; nothing where the table has no row.
std::optional<State> successor(OperationKind kind, State state, Event event);

/// The table's states and transitions as a Mermaid state diagram, and as Markdown tables: the generated part of
/// coordinator/README.md.
std::string diagram(OperationKind kind);
std::string stateTable();
std::string transitionTable(OperationKind kind);

}  // namespace standin::domain
