#pragma once

#include "coordinator/domain/detect_event.hpp"

namespace standin::domain {

/// True if the server is fenced as its policy demands (S182). Only confirmed fences count (rules 1, 2 and 6).
bool isFenced(const Operation& operation, const Server& server);

/// True if no fence that the policy accepts can be confirmed any more.
bool fenceFailed(const OperationProgress& progress);
DetectedEvent fenceFailure(const OperationProgress& progress);

/// True if somebody can take the job, or `fence_always` says that this does not matter: a stand-in that runs, or a
/// spare whose restore has begun. Only then the power is cut (rule 9).
bool mayCutPower(const OperationProgress& progress);

/// True if the stand-in cannot execute the job beside the spare. A stand-in that was resumed but did not answer may
/// execute the job unnoticed. Where the policy says that the switch alone cannot separate two machines, the stand-in
/// has to be confirmed as stopped.
bool standInIsOutOfTheWay(const OperationProgress& progress);

}  // namespace standin::domain
