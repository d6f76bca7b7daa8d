#pragma once

#include <limits>

#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/enter_state.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/wanted_steps.hpp"

/// The spare phase: a spare is prepared and started while the stand-in executes the job (FIG. 11, 13): PreparingSpare,
/// StartingSpare, LeavingSpare; or without a stand-in, on the cold path: ColdPreparingSpare, ColdStartingSpare,
/// ColdGivingSegment, ColdLeavingSpare.
namespace standin::domain::spare {

void wantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);
void enterState(Operation& operation, const Change& change, const Observation& observation);

// Parts of the functions above, one for each source file here.
void coldWantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> coldEvent(const OperationProgress& progress);
void addPreparation(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> preparingEvent(const OperationProgress& progress, bool cold);
std::optional<DetectedEvent> startingEvent(const OperationProgress& progress);
std::optional<DetectedEvent> leavingEvent(const OperationProgress& progress, bool cold);

bool isIn(const std::vector<base::SpareName>& spares, const base::SpareName& spare);
/// True if there is a spare that this failover has not tried yet.
bool hasFurtherSpare(const OperationProgress& progress);
/// True if the spare is leased to this failover and no VM host uses it. Only then may its power be switched.
bool isTaken(const OperationProgress& progress);
/// Lets the failed spares be tried again: their leases are given back and their steps repeated, including spares that
/// are not the next ones to try.
void redoFailedSpares(Operation& operation);

// The stand-in beside the cold path.

/// True if there is no spare and the stand-in has been probed further for so short a time that no operator is needed
/// yet.
bool mayRevive(const OperationProgress& progress);
/// The event for a stand-in that answers after all, when no spare is left but the stand-in may not have the segment.
bool mayStillCome(const OperationProgress& progress);
/// No spare is left, and the stand-in, which answers after all, may not have the segment.
std::optional<DetectedEvent> fenceMissing(const OperationProgress& progress);
/// The note that no spare is left, and only the stand-in, which is probed further, can take the job.
std::optional<Note> onlyStandInNote(const OperationProgress& progress);

// Limits of the steps.
using namespace std::chrono_literals;

/// The lease is taken in the engine's own table, which answers at once.
inline constexpr StepLimits lease{.deadline = 5s, .pause = 500ms, .patience = 0s};

/// Commands that an agent executes at once: 5 s is far more than they take and leaves time for another attempt.
inline constexpr StepLimits at_once{.deadline = 5s, .pause = 500ms, .patience = 60s, .retry_refusals = true};

inline StepLimits powerOff(const Observation& observation) {
    const auto within = observation.spare_power_within;
    return {.deadline = within, .pause = 2s, .patience = 3 * within, .retry_refusals = true, .conflict_is_final = true};
}

/// A full disk over a slow network; a stalled image store reports that itself. A store that is busy, or is about to
/// stop, is asked again for fifteen seconds.
inline constexpr StepLimits restore{
    .deadline = 10s, .pause = 500ms, .patience = 12h, .longest_pause = 5s, .refusals = 6};

/// A spare is not started from a disk that was changed since its restore.
inline StepLimits start(const Observation& observation) {
    const auto within = observation.spare_power_within;
    return {.deadline = within, .pause = 2s, .patience = 3 * within, .conflict_is_final = true, .refusals = 1000};
}

/// Until the spare has booted and its job answers; the first boot of a new stand-in takes as long.
inline StepLimits probe(const Observation& observation) {
    return {.deadline = 5s, .pause = 200ms, .patience = observation.spare_boot_within};
}

inline constexpr StepLimits grow_stand_in{.deadline = 5s, .pause = 500ms, .patience = 60s};

/// As long as the cold path takes. A VM host that does not answer may be recovering, so the pauses grow.
inline StepLimits reviveStandIn(const Observation& observation) {
    return {.deadline = observation.server.answer_within,
            .pause = 500ms,
            .patience = 24h,
            .longest_pause = 5s,
            .refusals = std::numeric_limits<unsigned>::max()};
}

inline constexpr StepLimits stop_stand_in{.deadline = 5s, .pause = 500ms, .patience = 20s, .retry_refusals = true};

}  // namespace standin::domain::spare
