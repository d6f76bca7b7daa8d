#pragma once

#include <limits>

#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/enter_state.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/wanted_steps.hpp"

/// A spare is prepared and started beside the stand-in (FIG. 11, 13): PreparingSpare, StartingSpare, LeavingSpare; or
/// without one, on the cold path: ColdPreparingSpare, ColdStartingSpare, ColdGivingSegment, ColdLeavingSpare.
namespace standin::domain::spare {

void wantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);
void enterState(Operation& operation, const Change& change, const Observation& observation);

// Parts of these, one for each file here.
void coldWantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> coldEvent(const OperationProgress& progress);
void addPreparation(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> preparingEvent(const OperationProgress& progress, bool cold);
std::optional<DetectedEvent> startingEvent(const OperationProgress& progress);
std::optional<DetectedEvent> leavingEvent(const OperationProgress& progress, bool cold);

bool isIn(const std::vector<base::SpareName>& spares, const base::SpareName& spare);
/// There is a spare that this failover has not tried yet.
bool hasFurtherSpare(const OperationProgress& progress);
/// The spare is this failover's: leased, and no VM host uses it. Only then may its power be touched.
bool isTaken(const OperationProgress& progress);
/// Their leases are given back, and what was done about them with these; also of those that are not the next to try.
void redoFailedSpares(Operation& operation);

// The stand-in beside the cold path.

/// Nobody executes the job any more or yet, and its stand-in, which did not answer in time, may: it is asked on beside
/// the cold path. Not once requests went to a spare, or the segment may have.
bool mayRevive(const OperationProgress& progress);
/// Without any spare: the stand-in is asked on, and has been for so short that nobody needs to be called yet.
bool mayStillCome(const OperationProgress& progress);
/// No spare is left, and the stand-in, which answers after all, may not have the segment.
std::optional<DetectedEvent> fenceMissing(const OperationProgress& progress);
/// No spare is left to wait for, but a stand-in that is asked on.
std::optional<Note> onlyStandInNote(const OperationProgress& progress);

// How its steps are tried.
using namespace std::chrono_literals;

/// The engine's own table of leases answers at once.
inline constexpr StepLimits lease{.deadline = 5s, .pause = 500ms, .patience = 0s};

/// Orders that an agent carries out at once: 5 s is far above what it takes and still lets another attempt follow.
inline constexpr StepLimits at_once{.deadline = 5s, .pause = 500ms, .patience = 60s, .retry_refusals = true};

inline StepLimits powerOff(const Observation& observation) {
    const auto within = observation.spare_power_within;
    return {.deadline = within, .pause = 2s, .patience = 3 * within, .retry_refusals = true, .conflict_is_final = true};
}

/// A full disk over a slow network; a store that stalls says so itself. One that has its hands full, or is about to
/// stop, is asked again for a quarter of a minute.
inline constexpr StepLimits restore{
    .deadline = 10s, .pause = 500ms, .patience = 12h, .longest_pause = 5s, .refusals = 6};

/// Not from a disk on which somebody else has been.
inline StepLimits start(const Observation& observation) {
    const auto within = observation.spare_power_within;
    return {.deadline = within, .pause = 2s, .patience = 3 * within, .conflict_is_final = true, .refusals = 1000};
}

/// Until it has booted and its job answers; the first boot of a new stand-in takes as long.
inline StepLimits probe(const Observation& observation) {
    return {.deadline = 5s, .pause = 200ms, .patience = observation.spare_boot_within};
}

inline constexpr StepLimits grow_stand_in{.deadline = 5s, .pause = 500ms, .patience = 60s};

/// As long as the cold path takes. A VM host that does not answer may be recovering: it is asked less and less often.
inline StepLimits reviveStandIn(const Observation& observation) {
    return {.deadline = observation.server.answer_within,
            .pause = 500ms,
            .patience = 24h,
            .longest_pause = 5s,
            .refusals = std::numeric_limits<unsigned>::max()};
}

inline constexpr StepLimits stop_stand_in{.deadline = 5s, .pause = 500ms, .patience = 20s, .retry_refusals = true};

}  // namespace standin::domain::spare
