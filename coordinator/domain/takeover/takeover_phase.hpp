#pragma once

#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/enter_state.hpp"
#include "coordinator/domain/evidence/judge.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/wanted_steps.hpp"

/// The takeover phase: server to stand-in (FIG. 11/12). States: Verifying, StandingDown, TakingOver, GivingSegment.
namespace standin::domain::takeover {

void wantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);
void enterState(Operation& operation, const Change& change);

/// What the steps of Verifying have found out so far.
Evidence evidenceOf(const OperationProgress& progress);
/// When evidence that does not suffice by then needs a person.
base::WallTime decideBy(const OperationProgress& progress);
/// The stand-in was resumed in order to verify a failure, or may have been.
/// For the operator, at an end without a fence: the stand-in was resumed, and is not confirmed as suspended. Nullopt:
/// it is.
std::optional<Note> notRestedNote(const OperationProgress& progress);
bool wasWoken(const Operation& operation);

// The parts of the two states before the fence.
void verifyingSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> whileVerifying(const OperationProgress& progress);
/// A person was called; evidence that suffices comes before that person, perhaps.
std::optional<DetectedEvent> whileWithheld(const OperationProgress& progress);
std::optional<DetectedEvent> whileStandingDown(const OperationProgress& progress);

// Limits of the steps.
using namespace std::chrono_literals;

/// Evidence is gathered on while a person is awaited.
inline constexpr auto asked_for = 24h;
/// 25 ms: a carrier that is lost while the job is asked has to be known before the silence window ends.
inline constexpr StepLimits ask_port{
    .deadline = 3s, .pause = 25ms, .patience = asked_for, .longest_pause = 5s, .retry_refusals = true};
/// A question takes the silence window, and the answers of switch and holder their ways.
inline StepLimits askJob(const Observation& observation) {
    return {.deadline = observation.server.evidence.longest_window + 3s,
            .pause = 50ms,
            .patience = asked_for,
            .longest_pause = 5s,
            .retry_refusals = true};
}
/// Its devices take seconds; each attempt starts processes.
inline StepLimits askPower(const Observation& observation) {
    return {.deadline = observation.server.evidence.decide_within,
            .pause = 2s,
            .patience = asked_for,
            .longest_pause = 30s,
            .retry_refusals = true};
}
/// Suspending takes milliseconds; nobody waits for it.
inline constexpr StepLimits rest_stand_in{
    .deadline = 5s, .pause = 200ms, .patience = 60s, .longest_pause = 5s, .retry_refusals = true};

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
