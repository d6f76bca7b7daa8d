#pragma once

#include <optional>
#include <string_view>

#include "coordinator/domain/step_set.hpp"

namespace standin::domain {

enum class OperationKind {
    Prepare,
    Refresh,
    Backup,
    Failover,
    Unset  ///< what is left to do after a row was taken out of the spare table: its stand-in is deleted
};

inline constexpr OperationKind all_kinds[] = {OperationKind::Failover, OperationKind::Prepare, OperationKind::Refresh,
                                              OperationKind::Backup, OperationKind::Unset};

std::string_view nameOf(OperationKind kind);
std::optional<OperationKind> operationKindFrom(std::string_view name);

/// Where an operation is. What each state means, for people, is describe().
enum class State {
    Opened,
    // failover
    TakingOver,
    GivingSegment,
    PreparingSpare,
    StartingSpare,
    HoldingRequests,
    DrainingStandIn,
    FreezingStandIn,
    ReleasingRequests,
    GivingSegmentToSpare,
    ReturningRequests,
    LeavingSpare,
    ColdPreparingSpare,
    ColdStartingSpare,
    ColdGivingSegment,
    ColdLeavingSpare,
    Settling,
    Closing,
    // prepare, refresh, backup
    StoppingServer,
    CapturingImage,
    StartingServer,
    ComparingImages,
    DiscardingImage,
    CheckingCapacity,
    RemovingOldStandIn,
    MakingStandIn,
    ProvingStandIn,
    SuspendingStandIn,
    AdoptingStandIn,
    RemovingReplacedStandIn,
    DiscardingStandIn,
    RestartingServer,
    // rest
    Succeeded,
    Failed,
    NeedsOperator,
    Closed,
};

inline constexpr State first_state = State::Opened;
inline constexpr State last_state = State::Closed;
inline constexpr std::size_t state_count = static_cast<std::size_t>(last_state) + 1;

/// The phases of the flow. Each has a directory beside this file, with what its states want, which events they detect,
/// and what entering them changes; ends.cpp has the last.
enum class Phase { Takeover, Spare, Handover, Making, Capture, Ends };

std::string_view nameOf(State state);
/// Also names of earlier versions, whose journals are read.
std::optional<State> stateFrom(std::string_view name);

/// What the state means, in a paragraph for people.
std::string_view describe(State state);

Phase phaseOf(State state);

/// The steps that may be wanted in the state; which of them are is for wantedSteps() to say.
StepSet stepsOf(State state);

}  // namespace standin::domain
