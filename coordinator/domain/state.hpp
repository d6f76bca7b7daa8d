#pragma once

#include <optional>
#include <string_view>

namespace standin::domain {

enum class OperationKind {
    Prepare,
    Refresh,
    Backup,
    Failover,
    Unset  ///< what is left to do after a row was taken out of the spare table: its stand-in is deleted
};

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

std::string_view nameOf(State state);
/// Also names of earlier versions, whose journals are read.
std::optional<State> stateFrom(std::string_view name);

/// What the state means, in a paragraph for people.
std::string_view describe(State state);

/// What can happen to an operation.
enum class Event {
    Begins,
    // failover
    StandInReady,
    StandInUnusable,
    FenceFailed,
    SegmentGiven,
    SegmentRefused,
    SparePrepared,
    SpareAnswers,
    SpareFailed,
    NoSpareLeft,
    RequestsHeld,
    StandInDrained,
    StandInLost,
    StandInFrozen,
    StandInBusy,
    HeldReleased,
    NothingDelivered,
    HolderLost,
    HandoverFailed,
    RequestsReturned,
    HandoversExhausted,
    ReturnFailed,
    SpareOwnsSegment,
    FurtherSpare,
    Settled,
    // prepare, refresh, backup
    CaptureRefused,
    ServerStopped,
    ServerNotStopped,
    ImageCaptured,
    CaptureFailed,
    ServerStarted,
    ServerNotStarted,
    ImageDiffers,
    NoDifference,
    ComparisonFailed,
    ImageDiscarded,
    CapacityThere,
    CapacityForOne,
    CapacityLacks,
    OldStandInRemoved,
    StandInMade,
    StandInAnswers,
    StandInSuspended,
    StandInFailed,
    StandInAdopted,
    StandInDiscarded,
    // from outside
    Preempted,
    OperatorRetries,
    OperatorCloses,
    ClosedUp,
};

inline constexpr Event first_event = Event::Begins;
inline constexpr Event last_event = Event::ClosedUp;

std::string_view nameOf(Event event);
/// Also names of earlier versions.
std::optional<Event> eventFrom(std::string_view name);

}  // namespace standin::domain
