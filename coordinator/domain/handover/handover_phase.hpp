#pragma once

#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/enter_state.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/wanted_steps.hpp"

/// The handover phase: stand-in to spare (FIG. 13/14). States: HoldingRequests, DrainingStandIn, FreezingStandIn,
/// ReleasingRequests, GivingSegmentToSpare, Settling; and back to the stand-in: ReturningRequests.
namespace standin::domain::handover {

void wantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);
void enterState(Operation& operation, const Change& change);

/// True if held requests were, or may have been, released to the spare. The stand-in then has no part in the job any
/// more.
bool isReleased(const Operation& operation);
/// True, after a retry, if a handover has begun and continues, so that the handover decides what happens to the
/// stand-in. Requests were released to the spare, or have to be returned to the stand-in first.
bool isHalfWay(const OperationProgress& progress);
/// Repeats the handover from its first step. Precondition: nothing was released to the spare.
void redoFromTheStart(Operation& operation);
/// The event for the spare's segment: the spare owns it, or the switch refuses. Also used at the end of the cold path.
std::optional<DetectedEvent> spareOwnsSegment(const OperationProgress& progress);
/// The event for held requests that could not be returned to the stand-in.
DetectedEvent returnFailed(const OperationProgress& progress);

// Limits of the steps. The stand-in executes the job, so there is time; only the holder's age limit is short. Clients
// wait: a step whose limit passed while the coordinator was down gets time for one attempt.
using namespace std::chrono_literals;

inline constexpr StepLimits hold_requests{
    .deadline = 5s, .pause = 500ms, .patience = 30s, .after_restart = 5s, .retry_refusals = true};

/// Limits for draining. An agent that answers is polled again at once. An agent that does not answer may be recovering
/// and is polled less often. A spare that does not answer is probed three times, for one second each: a single answer
/// may be late or lost, and giving up would repeat the whole handover; a longer wait would let the held requests grow
/// too old.
inline StepLimits drainStandIn(const Observation& observation) {
    return {.deadline = 2s,
            .pause = 20ms,
            .patience = observation.server.drain_within,
            .longest_pause = 1s,
            .after_restart = 2s,
            .refusals = 3};
}

/// Suspending takes milliseconds. If a request arrived at the last moment, the stand-in continues for a moment.
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

/// How long after the handover connections may still be proxied by the request holder; then they are closed visibly. An
/// hour is how long a connection lives with common proxies (nginx: keepalive_time).
inline constexpr std::chrono::minutes proxied_within{60};

inline constexpr StepLimits retire_holder{
    .deadline = 5s, .pause = 30s, .patience = proxied_within + 1h, .retry_refusals = true};

/// The guest's shutdown takes some seconds; its VM host may be unreachable for longer.
inline constexpr StepLimits retire_stand_in{
    .deadline = 20s, .pause = 5s, .patience = 1h, .longest_pause = 1min, .retry_refusals = true};

}  // namespace standin::domain::handover
