#pragma once

#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/enter_state.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/wanted_steps.hpp"

/// The takeover phase: server to stand-in (FIG. 11/12). States: TakingOver, GivingSegment.
namespace standin::domain::takeover {

void wantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);
void enterState(Operation& operation, const Change& change);

// Limits of the steps.
using namespace std::chrono_literals;

/// 2 s: a healthy switch answers in milliseconds; one that hangs must not delay the other steps.
inline constexpr StepLimits fence_port{.deadline = 2s, .pause = 100ms, .patience = 30s, .retry_refusals = true};

/// Each attempt gets the whole time of the server's power devices, and there are several attempts: BMCs are often only
/// busy.
inline StepLimits fencePower(const Observation& observation) {
    const auto within = observation.server.fence_within;
    return {.deadline = within, .pause = 2s, .patience = 3 * within + 10s, .retry_refusals = true};
}

/// The job may take answer_within; after that the cold path is the better remedy.
inline StepLimits resumeStandIn(const Observation& observation) {
    const auto within = observation.server.answer_within;
    return {.deadline = within, .pause = 50ms, .patience = within};
}

/// Giving the segment to the stand-in, or to the spare: the job is down without it, so it is tried for long before a
/// person is needed.
inline constexpr StepLimits give_segment{.deadline = 5s, .pause = 100ms, .patience = 10min, .retry_refusals = true};

}  // namespace standin::domain::takeover
