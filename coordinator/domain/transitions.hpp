#pragma once

#include <optional>
#include <vector>

#include "coordinator/domain/event.hpp"

namespace standin::domain {

/// One row of the table of transitions. matrix.hpp classifies the pairs of state and event without a row.
struct Transition {
    OperationKind kind{};
    State from{};
    Event event{};
    State to{};
    const char* meaning;  ///< what it is for, with the steps of the flow
};

const std::vector<Transition>& transitions();

/// The state after `event`; nullopt if the table has no row.
std::optional<State> successor(OperationKind kind, State state, Event event);

}  // namespace standin::domain
