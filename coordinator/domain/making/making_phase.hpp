#pragma once

#include "coordinator/domain/detect_event.hpp"
#include "coordinator/domain/enter_state.hpp"
#include "coordinator/domain/step_descriptors.hpp"
#include "coordinator/domain/wanted_steps.hpp"

/// The making phase: a stand-in is made, proved, suspended, and put into service (FIG. 7-10). States: CheckingCapacity,
/// RemovingOldStandIn, MakingStandIn, ProvingStandIn, SuspendingStandIn, AdoptingStandIn, RemovingReplacedStandIn,
/// DiscardingStandIn.
namespace standin::domain::making {

void wantedSteps(StepList& steps, const OperationProgress& progress);
std::optional<DetectedEvent> detectEvent(const OperationProgress& progress);
void enterState(Operation& operation, const Change& change);

// How its steps are tried.
using namespace std::chrono_literals;

inline constexpr StepLimits check_capacity{.deadline = 5s, .pause = 500ms, .patience = 30s};

/// As long as the VM host needs to make it; most_attempts_to_make limits how many attempts in a row may stay
/// unanswered.
inline constexpr StepLimits make{.deadline = 10s, .pause = 500ms, .patience = 6h, .longest_pause = 5s};

/// Starting the stand-in, its quarantine and its place in the segment each take a second, or somewhat more on a busy VM
/// host.
inline constexpr StepLimits one_minute{.deadline = 10s, .pause = 500ms, .patience = 60s};

/// A large guest returns memory for minutes after its start.
inline constexpr StepLimits suspend{.deadline = 10s, .pause = 500ms, .patience = 10min};

inline constexpr StepLimits remove{.deadline = 10s, .pause = 1s, .patience = 5min, .retry_refusals = true};

/// The stand-in may have to shut down first.
inline constexpr StepLimits keep{.deadline = 30s, .pause = 1s, .patience = 5min, .retry_refusals = true};

/// Nobody waits for it, and a restarting switch is back within this time.
inline constexpr StepLimits clear_segment{.deadline = 5s, .pause = 500ms, .patience = 2min, .retry_refusals = true};

}  // namespace standin::domain::making
