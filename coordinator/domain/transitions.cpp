#include "coordinator/domain/transitions.hpp"

#include <algorithm>

namespace standin::domain {

namespace {

using enum State;
using enum Event;
constexpr auto failover = OperationKind::Failover;
constexpr auto prepare = OperationKind::Prepare;
constexpr auto refresh = OperationKind::Refresh;
constexpr auto backup = OperationKind::Backup;
constexpr auto unset = OperationKind::Unset;

// clang-format off
std::vector<Transition> failoverRows() {
    return {
        // takeover: server -> stand-in (FIG. 11/12)
        {failover, Opened, Begins, TakingOver, "fences and resumption are started beside each other"},
        {failover, TakingOver, StandInReady, GivingSegment, "S190: fenced as the policy demands, and the stand-in answers"},
        {failover, TakingOver, StandInUnusable, ColdPreparingSpare, "S183 NO, S192: no stand-in is ready, or it does not answer"},
        {failover, TakingOver, FenceFailed, NeedsOperator, "no fence that the policy accepts could be confirmed: the segment is given to nobody"},
        {failover, GivingSegment, SegmentGiven, PreparingSpare, "S191: the stand-in executes the job"},
        {failover, GivingSegment, SegmentRefused, NeedsOperator, "the switch could not be told"},
        // the spare (FIG. 11, 13)
        {failover, PreparingSpare, SparePrepared, StartingSpare, "S221 YES: restored, and in quarantine"},
        {failover, PreparingSpare, SpareFailed, LeavingSpare, "S221 NO"},
        {failover, PreparingSpare, NoSpareLeft, LeavingSpare, "there is no spare: the stand-in goes on with more resources"},
        {failover, PreparingSpare, ReturnFailed, NeedsOperator, "after a retry: what was held half way could not be returned to the stand-in first"},
        {failover, StartingSpare, SpareAnswers, HoldingRequests, "S222: its job answers"},
        {failover, StartingSpare, SpareFailed, LeavingSpare, "it does not start, or its job does not answer"},
        {failover, LeavingSpare, FurtherSpare, PreparingSpare, "a further spare of the pool is tried"},
        {failover, LeavingSpare, NoSpareLeft, Failed, "S231: abnormal end; the stand-in goes on"},
        {failover, LeavingSpare, StandInLost, NeedsOperator, "no spare, and the stand-in is stopped or its VM host does not answer: nobody may take it for granted"},
        // handover: stand-in -> spare (FIG. 13/14)
        {failover, HoldingRequests, RequestsHeld, DrainingStandIn, "S223"},
        {failover, HoldingRequests, HandoverFailed, ReturningRequests, "the holder or the switch could not be told"},
        {failover, DrainingStandIn, StandInDrained, FreezingStandIn, "S225: it has finished every request"},
        {failover, DrainingStandIn, StandInLost, FreezingStandIn, "its VM host does not answer any more; the spare is ready, so onwards"},
        {failover, DrainingStandIn, HandoverFailed, ReturningRequests, "it did not finish in time, or the spare does not answer any more"},
        {failover, FreezingStandIn, StandInFrozen, ReleasingRequests, "S257"},
        {failover, FreezingStandIn, StandInLost, ReleasingRequests, "not confirmed, but isolated by the switch, and the policy is 'port'"},
        {failover, FreezingStandIn, StandInBusy, ReturningRequests, "requests keep coming on connections that it has"},
        {failover, FreezingStandIn, HandoverFailed, NeedsOperator, "not confirmed, and the policy 'power' lets nobody else execute the job before it is"},
        {failover, ReleasingRequests, HeldReleased, GivingSegmentToSpare, "S227: nothing is held any more"},
        {failover, ReleasingRequests, HolderLost, GivingSegmentToSpare, "the holder does not answer any more; new requests must reach the spare"},
        {failover, ReleasingRequests, NothingDelivered, ReturningRequests, "the spare has died and has taken nothing: the stand-in, which is suspended, goes on"},
        {failover, ReleasingRequests, HandoverFailed, NeedsOperator, "the spare, which had answered, does not take what was held, or is silent although nothing was"},
        {failover, GivingSegmentToSpare, SpareOwnsSegment, Settling, "S228"},
        {failover, GivingSegmentToSpare, SegmentRefused, NeedsOperator, "the switch could not be told"},
        {failover, ReturningRequests, RequestsReturned, PreparingSpare, "the stand-in has its requests again; the handover is tried again"},
        {failover, ReturningRequests, HandoversExhausted, NeedsOperator, "tried often enough; the stand-in goes on"},
        {failover, ReturningRequests, ReturnFailed, NeedsOperator, "the holder or the switch could not be told"},
        {failover, Settling, Settled, Succeeded, "S229: normal end"},
        // cold path (S185-S187, S214-S217)
        {failover, ColdPreparingSpare, SparePrepared, ColdStartingSpare, "S185"},
        {failover, ColdPreparingSpare, SpareFailed, ColdLeavingSpare, ""},
        {failover, ColdPreparingSpare, StandInReady, GivingSegment, "the stand-in, which was asked on, answers after all"},
        {failover, ColdPreparingSpare, NoSpareLeft, NeedsOperator, "neither stand-in nor spare: the job stands still"},
        {failover, ColdStartingSpare, SpareAnswers, ColdGivingSegment, "S186"},
        {failover, ColdStartingSpare, StandInReady, GivingSegment, "the stand-in answers before the spare does"},
        {failover, ColdStartingSpare, SpareFailed, ColdLeavingSpare, ""},
        {failover, ColdLeavingSpare, FurtherSpare, ColdPreparingSpare, "a further spare of the pool is tried"},
        {failover, ColdLeavingSpare, StandInReady, GivingSegment, "the stand-in, which was asked on, answers after all"},
        {failover, ColdLeavingSpare, NoSpareLeft, NeedsOperator, "neither stand-in nor spare: the job stands still"},
        {failover, ColdGivingSegment, SpareOwnsSegment, Settling, "S187"},
        {failover, ColdGivingSegment, FenceFailed, NeedsOperator, "no fence that the policy accepts could be confirmed"},
        {failover, ColdGivingSegment, SegmentRefused, NeedsOperator, "the switch could not be told"},
        // operators
        {failover, NeedsOperator, OperatorRetries, TakingOver, "what is done stays done; what had failed is tried again"},
        {failover, Failed, OperatorRetries, TakingOver, "the spares are tried again"},
        {failover, Succeeded, OperatorCloses, Closing, ""},
        {failover, Failed, OperatorCloses, Closing, ""},
        {failover, NeedsOperator, OperatorCloses, Closing, ""},
        {failover, Closing, ClosedUp, Closed, ""},
    };
}

/// From capacity on, prepare and refresh are one: a stand-in is made, proved, suspended, and takes its place.
std::vector<Transition> makingRows(OperationKind kind) {
    return {
        {kind, CheckingCapacity, CapacityThere, MakingStandIn, "S116: it fits, beside the old one if there is one"},
        {kind, CheckingCapacity, CapacityForOne, RemovingOldStandIn, "it fits only in place of the old one: the patent's order, and the operator is told"},
        {kind, CheckingCapacity, CapacityLacks, Failed, "S116: it does not fit; nothing was made"},
        {kind, RemovingOldStandIn, OldStandInRemoved, MakingStandIn, "S160-S161"},
        {kind, RemovingOldStandIn, StandInFailed, Failed, "the old one could not be deleted"},
        {kind, MakingStandIn, StandInMade, ProvingStandIn, "S121"},
        {kind, MakingStandIn, StandInFailed, DiscardingStandIn, "S128"},
        {kind, ProvingStandIn, StandInAnswers, SuspendingStandIn, "S123: its job answers"},
        {kind, ProvingStandIn, StandInFailed, DiscardingStandIn, "S128"},
        {kind, SuspendingStandIn, StandInSuspended, AdoptingStandIn, "S124: confirmed"},
        {kind, SuspendingStandIn, StandInFailed, DiscardingStandIn, "S128"},
        {kind, AdoptingStandIn, StandInAdopted, RemovingReplacedStandIn, "S109: `standin_ready` is set"},
        {kind, AdoptingStandIn, StandInFailed, DiscardingStandIn, "S128"},
        {kind, RemovingReplacedStandIn, OldStandInRemoved, Succeeded, "S127: normal end"},
        {kind, DiscardingStandIn, StandInDiscarded, Failed, "S131: abnormal end, and why"},
        // a failure of the server goes before
        {kind, CheckingCapacity, Preempted, Failed, "the server has failed meanwhile"},
        {kind, RemovingOldStandIn, Preempted, Failed, "the server has failed meanwhile"},
        {kind, MakingStandIn, Preempted, DiscardingStandIn, "the server has failed meanwhile"},
        {kind, ProvingStandIn, Preempted, DiscardingStandIn, "the server has failed meanwhile"},
        {kind, SuspendingStandIn, Preempted, DiscardingStandIn, "the server has failed meanwhile"},
        {kind, AdoptingStandIn, Preempted, DiscardingStandIn, "the server has failed meanwhile"},
    };
}

/// Refresh and backup both begin with a capture.
std::vector<Transition> capturingRows(OperationKind kind, State after_start, const char* meaning) {
    return {
        {kind, Opened, Begins, StoppingServer, "S142"},
        {kind, StoppingServer, CaptureRefused, Failed, "another server of its rack is in a failover: nothing was switched off"},
        {kind, StoppingServer, ServerStopped, CapturingImage, "confirmed off"},
        {kind, StoppingServer, ServerNotStopped, RestartingServer, "not confirmed off: nothing is captured"},
        {kind, CapturingImage, ImageCaptured, StartingServer, "S156"},
        {kind, CapturingImage, CaptureFailed, RestartingServer, ""},
        {kind, StartingServer, ServerStarted, after_start, meaning},
        {kind, StartingServer, ServerNotStarted, NeedsOperator, "the server does not start: its job stands still"},
        {kind, RestartingServer, ServerStarted, Failed, "abnormal end; the server runs"},
        {kind, RestartingServer, ServerNotStarted, NeedsOperator, "the server does not start: its job stands still"},
        {kind, Opened, Preempted, Failed, "the server has failed meanwhile"},
        {kind, StoppingServer, Preempted, Failed, "the server has failed meanwhile"},
        {kind, CapturingImage, Preempted, Failed, "the server has failed meanwhile"},
        {kind, StartingServer, Preempted, Failed, "the server has failed meanwhile"},
        {kind, RestartingServer, Preempted, Failed, "the server has failed meanwhile"},
    };
}

std::vector<Transition> refreshRows() {
    return {
        {refresh, ComparingImages, ImageDiffers, CheckingCapacity, "S144 YES (or there is no stand-in yet)"},
        {refresh, ComparingImages, NoDifference, DiscardingImage, "S144 NO: no further work"},
        {refresh, ComparingImages, ComparisonFailed, CheckingCapacity, "unknown is not 'no difference'"},
        {refresh, DiscardingImage, ImageDiscarded, Succeeded, ""},
        {refresh, ComparingImages, Preempted, Failed, "the server has failed meanwhile"},
        {refresh, DiscardingImage, Preempted, Failed, "the server has failed meanwhile"},
    };
}
// clang-format on

std::vector<Transition> everything() {
    std::vector<Transition> all = failoverRows();
    auto add = [&all](std::vector<Transition> rows) { all.insert(all.end(), rows.begin(), rows.end()); };
    add({{prepare, Opened, Begins, CheckingCapacity, "S116"},
         {prepare, Opened, Preempted, Failed, "the server has failed meanwhile"}});
    add(makingRows(prepare));
    add(capturingRows(refresh, ComparingImages, "S157"));
    add(refreshRows());
    add(makingRows(refresh));
    add({{unset, Opened, Begins, RemovingOldStandIn, "the row is gone; its stand-in and its segment's members follow"},
         {unset, RemovingOldStandIn, OldStandInRemoved, Succeeded,
          "and its segment knows neither spare nor stand-in any more"},
         {unset, RemovingOldStandIn, StandInFailed, Failed, "the stand-in could not be deleted"},
         {unset, RemovingOldStandIn, SegmentRefused, Failed, "the switch could not be told"}});
    add(capturingRows(backup, Succeeded, "the image is kept; nothing else changes"));
    return all;
}

}  // namespace

const std::vector<Transition>& transitions() {
    static const std::vector<Transition> all = everything();
    return all;
}

std::optional<State> successor(OperationKind kind, State state, Event event) {
    const auto& all = transitions();
    auto found = std::find_if(all.begin(), all.end(), [&](const Transition& row) {
        return row.kind == kind && row.from == state && row.event == event;
    });
    return found == all.end() ? std::nullopt : std::optional<State>(found->to);
}

}  // namespace standin::domain
