#pragma once

#include "coordinator/domain/detect_event.hpp"

namespace standin::domain {

/// The server is fenced as the policy demands (S182; rules 1, 2 and 6: only what was confirmed counts).
bool isFenced(const Operation& operation, const Server& server);

/// No fence that the policy accepts can be confirmed any more.
bool fenceFailed(const OperationProgress& progress);
DetectedEvent fenceFailure(const OperationProgress& progress);

/// A stand-in that was resumed and did not answer may execute the job unseen. Where the policy says that the switch
/// does not suffice to part two machines, it has to be confirmed as stopped.
bool standInIsOutOfTheWay(const OperationProgress& progress);

}  // namespace standin::domain
