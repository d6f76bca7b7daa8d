#pragma once

#include "coordinator/domain/operation_progress.hpp"

namespace standin::domain {

// The parts of detectEvent(), one for each stretch of the flow. Each is asked only in the states it is about.

std::optional<DetectedEvent> takeoverEvent(const OperationProgress& progress);  ///< TakingOver
std::optional<DetectedEvent> spareEvent(const OperationProgress& progress,
                                        bool cold);  ///< (Cold)PreparingSpare, (Cold)StartingSpare
std::optional<DetectedEvent> leavingEvent(const OperationProgress& progress, bool cold);  ///< (Cold)LeavingSpare
std::optional<DetectedEvent> handoverEvent(
    const OperationProgress& progress);  ///< HoldingRequests to ReturningRequests, ColdGivingSegment
std::optional<DetectedEvent> settlingEvent(const OperationProgress& progress);  ///< Settling
std::optional<DetectedEvent> revivalEvent(
    const OperationProgress& progress);  ///< ColdPreparingSpare to ColdLeavingSpare
std::optional<DetectedEvent> captureEvent(const OperationProgress& progress);  ///< StoppingServer to DiscardingImage
std::optional<DetectedEvent> makingEvent(const OperationProgress& progress);  ///< CheckingCapacity to DiscardingStandIn

DetectedEvent happened(Event event, std::string why, std::optional<Note> note = std::nullopt);
/// Leads to NeedsOperator: why, and what has to be mended before `retry`.
DetectedEvent needsOperator(const OperationProgress& progress, Event event, const std::string& topic,
                            const std::string& why, const std::string& what_to_mend);
/// After a retry: a handover has been begun that still goes on, so what becomes of the stand-in is its matter. Requests
/// were released to the spare, or have to be returned to the stand-in first.
bool isHalfWay(const OperationProgress& progress);
/// There is a spare that this failover has not tried yet.
bool furtherSpare(const OperationProgress& progress);
/// Without any spare: the stand-in is asked on, and has been for so short that nobody needs to be called yet.
bool mayStillCome(const OperationProgress& progress);
/// No spare is left, and the stand-in, which answers after all, may not have the segment.
std::optional<DetectedEvent> fenceMissing(const OperationProgress& progress);
/// Held requests could not be returned to the stand-in.
DetectedEvent returnFailed(const OperationProgress& progress);
/// The segment could not be given away by `step`.
DetectedEvent segmentRefused(const OperationProgress& progress, StepName step);
/// No fence that the policy accepts can be confirmed any more.
bool fenceFailed(const OperationProgress& progress);
DetectedEvent fenceFailure(const OperationProgress& progress);
/// A stand-in that was resumed and did not answer may execute the job unseen. Where the policy says that the switch
/// does not suffice to part two machines, it has to be confirmed as stopped.
bool standInIsOutOfTheWay(const OperationProgress& progress);
/// The spare is this failover's: leased, and no VM host lives on it. Only then may its power be touched.
bool isTaken(const OperationProgress& progress);

}  // namespace standin::domain
