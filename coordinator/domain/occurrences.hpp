#pragma once

#include "coordinator/domain/course.hpp"

namespace standin::domain {

// The parts of occurrence(), one for each stretch of the flow. Each is asked only in the states it is about.

std::optional<Occurrence> takeoverOccurrence(const Course& course);  ///< TakingOver
std::optional<Occurrence> spareOccurrence(const Course& course,
                                          bool cold);  ///< (Cold)PreparingSpare, (Cold)StartingSpare
std::optional<Occurrence> leavingOccurrence(const Course& course, bool cold);  ///< (Cold)LeavingSpare
std::optional<Occurrence> handoverOccurrence(
    const Course& course);  ///< HoldingRequests to ReturningRequests, ColdGivingSegment
std::optional<Occurrence> settlingOccurrence(const Course& course);  ///< Settling
std::optional<Occurrence> captureOccurrence(const Course& course);   ///< StoppingServer to DiscardingImage
std::optional<Occurrence> makingOccurrence(const Course& course);    ///< CheckingCapacity to DiscardingStandIn

Occurrence happened(Event event, std::string why, std::optional<Note> note = std::nullopt);
/// Leads to NeedsOperator: why, and what has to be mended before `retry`.
Occurrence needsOperator(const Course& course, Event event, const std::string& topic, const std::string& why,
                         const std::string& what_to_mend);
/// After a retry: a handover has been begun that still goes on, so what becomes of the stand-in is its matter. Requests
/// were released to the spare, or have to be returned to the stand-in first.
bool isHalfWay(const Course& course);
/// Held requests could not be returned to the stand-in.
Occurrence returnFailed(const Course& course);
/// The segment could not be given away by `step`.
Occurrence segmentRefused(const Course& course, StepName step);
/// No fence that the policy accepts can be confirmed any more.
bool fenceFailed(const Course& course);
Occurrence fenceFailure(const Course& course);
/// A stand-in that was resumed and did not answer may execute the job unseen. Where the policy says that the switch
/// does not suffice to part two machines, it has to be confirmed as stopped.
bool standInIsOutOfTheWay(const Course& course);
/// The spare is this failover's: leased, and no VM host lives on it. Only then may its power be touched.
bool isTaken(const Course& course);

}  // namespace standin::domain
