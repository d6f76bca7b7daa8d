#pragma once

#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/enter_state.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/wanted_steps.hpp"

/// Stand-in to spare (FIG. 13/14): HoldingRequests, DrainingStandIn, FreezingStandIn, ReleasingRequests,
/// GivingSegmentToSpare, Settling; and back: ReturningRequests.
namespace standin::domain::handover {

void wantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);
void enterState(Operation& operation, const Change& change);

/// Requests that were held have been given to the spare, or may have been: the stand-in has no part in the job any
/// more.
bool isReleased(const Operation& operation);
/// After a retry: a handover has been begun that still goes on, so what becomes of the stand-in is its matter. Requests
/// were released to the spare, or have to be returned to the stand-in first.
bool isHalfWay(const OperationProgress& progress);
/// Precondition: nothing was released to the spare.
void redoFromTheStart(Operation& operation);
/// The spare has the segment, or the switch refuses; also at the end of the cold path.
std::optional<DetectedEvent> spareOwnsSegment(const OperationProgress& progress);
/// Held requests could not be returned to the stand-in.
DetectedEvent returnFailed(const OperationProgress& progress);

// How its steps are tried. The stand-in executes the job, so there is time; the holder's age limit is what presses.
// Clients wait: of a limit that has passed when the coordinator is started again, there is time for one attempt.
using namespace std::chrono_literals;

inline constexpr StepLimits hold_requests{
    .deadline = 5s, .pause = 500ms, .patience = 30s, .after_restart = 5s, .retry_refusals = true};

/// An agent that answers is asked again at once; one that does not may be recovering, and is asked less often. A spare
/// that does not answer is asked three times, for a second each: one answer may be late or lost, and the whole handover
/// would be made again for it; longer, and what is held grows too old.
inline StepLimits drainStandIn(const Observation& observation) {
    return {.deadline = 2s,
            .pause = 20ms,
            .patience = observation.server.drain_within,
            .longest_pause = 1s,
            .after_restart = 2s,
            .refusals = 3};
}

/// It takes milliseconds. Where a request came in the last moment the stand-in goes on for a moment.
inline constexpr StepLimits freeze_stand_in{.deadline = 5s,
                                            .pause = 20ms,
                                            .patience = 20s,
                                            .longest_pause = 500ms,
                                            .after_restart = 5s,
                                            .retry_refusals = true};

inline constexpr StepLimits release_held{
    .deadline = 2s, .pause = 20ms, .patience = 60s, .after_restart = 20s, .retry_refusals = true};

inline StepLimits returnRequests(const Observation& observation) {
    return {.deadline = 5s,
            .pause = 50ms,
            .patience = observation.server.drain_within + 2min,
            .longest_pause = 1s,
            .retry_refusals = true};
}

/// So long after the handover, connections that still go through the request holder may do so; then they end visibly.
/// An hour is as long as a connection lives with common proxies (nginx: keepalive_time).
inline constexpr std::chrono::minutes proxied_within{60};

inline constexpr StepLimits retire_holder{
    .deadline = 5s, .pause = 30s, .patience = proxied_within + 1h, .retry_refusals = true};

/// The guest's own end takes some seconds; its VM host may be away for longer.
inline constexpr StepLimits retire_stand_in{
    .deadline = 20s, .pause = 5s, .patience = 1h, .longest_pause = 1min, .retry_refusals = true};

}  // namespace standin::domain::handover
