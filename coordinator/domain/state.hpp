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
    Unset  ///< the clean-up after a row was removed from the spare table: its stand-in is deleted
};

inline constexpr OperationKind all_kinds[] = {OperationKind::Failover, OperationKind::Prepare, OperationKind::Refresh,
                                              OperationKind::Backup, OperationKind::Unset};

std::string_view nameOf(OperationKind kind);
std::optional<OperationKind> operationKindFrom(std::string_view name);

/// The state of an operation: where in the flow it is. describe() explains each state.
enum class State {
    Opened,
    // failover
    Verifying,
    StandingDown,
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
    Cancelling,
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
    Cancelled,
    Closed,
};

inline constexpr State first_state = State::Opened;
inline constexpr State last_state = State::Closed;
inline constexpr std::size_t state_count = static_cast<std::size_t>(last_state) + 1;

/// The phases of the flow. Each has a directory beside this file with the steps that its states want, the events that
/// they detect, and the changes on entering them; the last one, Ends, is in ends.cpp.
enum class Phase { Takeover, Spare, Handover, Making, Capture, Cancel, Ends };

std::string_view nameOf(State state);
/// The state of that name; accepts names of earlier versions, whose journals are read.
std::optional<State> stateFrom(std::string_view name);

/// The meaning of the state, in a paragraph for people.
std::string_view describe(State state);

Phase phaseOf(State state);

/// All steps that the state may want; wantedSteps() decides which of them it wants now.
StepSet stepsOf(State state);

}  // namespace standin::domain
