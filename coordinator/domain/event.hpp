#pragma once

#include <optional>
#include <string_view>

#include "coordinator/domain/state.hpp"
#include "coordinator/domain/step_set.hpp"

namespace standin::domain {

/// What can happen to an operation.
enum class Event {
    Begins,
    // failover
    FailureConfirmed,
    FailureRefuted,
    VerifiesAgain,
    FenceWithheld,
    StoodDown,
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
    Undone,
    UndoFailed,
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
    OperatorCancels,
    ClosedUp,
};

inline constexpr Event first_event = Event::Begins;
inline constexpr Event last_event = Event::ClosedUp;
inline constexpr std::size_t event_count = static_cast<std::size_t>(last_event) + 1;

std::string_view nameOf(Event event);
/// The event of that name; accepts names of earlier versions, too.
std::optional<Event> eventFrom(std::string_view name);

/// The origin of an event. It classifies the pairs of state and event that have no transition (matrix.hpp).
struct EventOrigin {
    StepSet steps{};              ///< it follows from the outcome of one of these steps
    std::optional<State> only{};  ///< it follows from this state alone
    bool is_request = false;      ///< an operator or another operation may request it in any state
};
const EventOrigin& originOf(Event event);

}  // namespace standin::domain
