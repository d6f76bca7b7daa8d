#pragma once

#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/enter_state.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/wanted_steps.hpp"

/// A stand-in is made, proved and suspended, and takes its place (FIG. 7-10): CheckingCapacity, RemovingOldStandIn,
/// MakingStandIn, ProvingStandIn, SuspendingStandIn, AdoptingStandIn, RemovingReplacedStandIn, DiscardingStandIn.
namespace standin::domain::making {

void wantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);
void enterState(Operation& operation, const Change& change);

// How its steps are tried.
using namespace std::chrono_literals;

inline constexpr StepLimits check_capacity{.deadline = 5s, .pause = 500ms, .patience = 30s};

/// As long as the VM host makes it; most_attempts_to_make says how often nobody may answer.
inline constexpr StepLimits make{.deadline = 10s, .pause = 500ms, .patience = 6h, .longest_pause = 5s};

/// Starting it, its quarantine, its place in the segment: each takes a second, on a busy VM host some more.
inline constexpr StepLimits one_minute{.deadline = 10s, .pause = 500ms, .patience = 60s};

/// A large guest gives memory back for minutes after its start.
inline constexpr StepLimits suspend{.deadline = 10s, .pause = 500ms, .patience = 10min};

inline constexpr StepLimits remove{.deadline = 10s, .pause = 1s, .patience = 5min, .retry_refusals = true};

/// It may have to shut down first.
inline constexpr StepLimits keep{.deadline = 30s, .pause = 1s, .patience = 5min, .retry_refusals = true};

/// Nobody waits for it, and a switch that is restarted is back by then.
inline constexpr StepLimits clear_segment{.deadline = 5s, .pause = 500ms, .patience = 2min, .retry_refusals = true};

}  // namespace standin::domain::making
