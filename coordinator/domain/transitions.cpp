#include "coordinator/domain/transitions.hpp"

#include <algorithm>
#include <span>

namespace standin::domain {

namespace {

using enum State;
using enum Event;

/// A row of several kinds of operations.
struct Row {
    State from;
    Event event;
    State to;
    const char* meaning;
};

constexpr auto no_switch = "the switch's agent did not take the order";
constexpr auto failed_meanwhile = "the server has failed meanwhile";

// clang-format off
constexpr Row takeover_rows[] = {
    {Opened, Begins, Verifying, "a report is a claim: evidence is gathered while the stand-in resumes in quarantine"},
    {Verifying, FailureConfirmed, TakingOver, "fences and resumption are started beside each other"},
    {Verifying, FailureRefuted, StandingDown, "the job answers: nothing is fenced"},
    {Verifying, FenceWithheld, NeedsOperator, "nothing is fenced: the evidence does not suffice, or nobody could take the job"},
    {Verifying, VerifiesAgain, Verifying, "the failure was reported again after its job was asked"},
    {StandingDown, VerifiesAgain, Verifying, "the failure was reported again meanwhile"},
    {TakingOver, VerifiesAgain, Verifying, "freeze or brake kept it from its fences, and the evidence is old"},
    {NeedsOperator, FailureConfirmed, TakingOver, "the places that could not be asked answer now, or somebody can take the job now"},
    {NeedsOperator, FailureRefuted, StandingDown, "the job answers after all"},
    {StandingDown, StoodDown, Closed, "the stand-in is suspended again, or an operator was notified that it is not"},
    {TakingOver, StandInReady, GivingSegment, "S190: fenced as the policy demands, and the stand-in answers"},
    {TakingOver, StandInUnusable, ColdPreparingSpare, "S183 NO, S192: no stand-in is ready, or it does not answer"},
    {TakingOver, FenceFailed, NeedsOperator, "no fence that the policy accepts could be confirmed: the segment is given to nobody"},
    {GivingSegment, SegmentGiven, PreparingSpare, "S191: the stand-in executes the job"},
    {GivingSegment, SegmentRefused, NeedsOperator, no_switch},
};

constexpr Row spare_rows[] = {
    {PreparingSpare, SparePrepared, StartingSpare, "S221 YES: restored, and in quarantine"},
    {PreparingSpare, SpareFailed, LeavingSpare, "S221 NO"},
    {PreparingSpare, NoSpareLeft, LeavingSpare, "there is no spare: the stand-in goes on with more resources"},
    {PreparingSpare, ReturnFailed, NeedsOperator, "after a retry: what was held half way could not be returned to the stand-in first"},
    {StartingSpare, SpareAnswers, HoldingRequests, "S222: its job answers"},
    {StartingSpare, SpareFailed, LeavingSpare, "it does not start, or its job does not answer"},
    {LeavingSpare, FurtherSpare, PreparingSpare, "a further spare of the pool is tried"},
    {LeavingSpare, NoSpareLeft, Failed, "S231: no spare could be prepared; the stand-in goes on"},
    {LeavingSpare, StandInLost, NeedsOperator, "no spare, and the stand-in is stopped or its VM host does not answer: it may not be taken for granted"},
};

constexpr Row handover_rows[] = {
    {HoldingRequests, RequestsHeld, DrainingStandIn, "S223"},
    {HoldingRequests, HandoverFailed, ReturningRequests, "the holder or the switch did not take the order"},
    {DrainingStandIn, StandInDrained, FreezingStandIn, "S225: it has finished every request"},
    {DrainingStandIn, StandInLost, FreezingStandIn, "its VM host does not answer any more; the spare is ready, so the handover goes on"},
    {DrainingStandIn, HandoverFailed, ReturningRequests, "it did not finish in time, or the spare does not answer any more"},
    {FreezingStandIn, StandInFrozen, ReleasingRequests, "S257"},
    {FreezingStandIn, StandInLost, ReleasingRequests, "not confirmed, but isolated by the switch, and the policy is 'port'"},
    {FreezingStandIn, StandInBusy, ReturningRequests, "requests keep coming on connections that it has"},
    {FreezingStandIn, HandoverFailed, NeedsOperator, "not confirmed, and the policy 'power' lets nobody else execute the job before it is"},
    {ReleasingRequests, HeldReleased, GivingSegmentToSpare, "S227: nothing is held any more"},
    {ReleasingRequests, HolderLost, GivingSegmentToSpare, "the holder does not answer any more; new requests must reach the spare"},
    {ReleasingRequests, NothingDelivered, ReturningRequests, "the spare has died and has taken nothing: the stand-in, which is suspended, goes on"},
    {ReleasingRequests, HandoverFailed, NeedsOperator, "the spare, which had answered, does not take what was held, or is silent although nothing was"},
    {GivingSegmentToSpare, SpareOwnsSegment, Settling, "S228"},
    {GivingSegmentToSpare, SegmentRefused, NeedsOperator, no_switch},
    {ReturningRequests, RequestsReturned, PreparingSpare, "the stand-in has its requests again; the handover is tried again"},
    {ReturningRequests, HandoversExhausted, NeedsOperator, "tried often enough; the stand-in goes on"},
    {ReturningRequests, ReturnFailed, NeedsOperator, "the holder or the switch did not take the order"},
    {Settling, Settled, Succeeded, "S229: normal end"},
};

/// S185-S187, S214-S217
constexpr Row cold_rows[] = {
    {ColdPreparingSpare, SparePrepared, ColdStartingSpare, "S185"},
    {ColdPreparingSpare, SpareFailed, ColdLeavingSpare, ""},
    {ColdPreparingSpare, StandInReady, GivingSegment, "the stand-in, which was asked on, answers after all"},
    {ColdPreparingSpare, NoSpareLeft, NeedsOperator, "neither stand-in nor spare: the job is down"},
    {ColdStartingSpare, SpareAnswers, ColdGivingSegment, "S186"},
    {ColdStartingSpare, StandInReady, GivingSegment, "the stand-in answers before the spare does"},
    {ColdStartingSpare, SpareFailed, ColdLeavingSpare, ""},
    {ColdLeavingSpare, FurtherSpare, ColdPreparingSpare, "a further spare of the pool is tried"},
    {ColdLeavingSpare, StandInReady, GivingSegment, "the stand-in, which was asked on, answers after all"},
    {ColdLeavingSpare, NoSpareLeft, NeedsOperator, "neither stand-in nor spare: the job is down"},
    {ColdGivingSegment, SpareOwnsSegment, Settling, "S187"},
    {ColdGivingSegment, FenceFailed, NeedsOperator, "no fence that the policy accepts could be confirmed"},
    {ColdGivingSegment, SegmentRefused, NeedsOperator, no_switch},
};

constexpr Row operator_rows[] = {
    {NeedsOperator, OperatorRetries, TakingOver, "what is done stays done; what had failed is tried again"},
    {Failed, OperatorRetries, TakingOver, "the spares are tried again"},
    {Succeeded, OperatorCloses, Closing, ""},
    {Failed, OperatorCloses, Closing, ""},
    {NeedsOperator, OperatorCloses, Closing, ""},
    {Closing, ClosedUp, Closed, ""},
};

/// Until the segment is given; admission refuses it where the server's power was cut or a spare is being written.
constexpr auto cancelled_by = "what was begun is undone";
constexpr Row cancel_rows[] = {
    {Opened, OperatorCancels, Cancelling, cancelled_by},
    {Verifying, OperatorCancels, Cancelling, cancelled_by},
    {TakingOver, OperatorCancels, Cancelling, cancelled_by},
    {GivingSegment, OperatorCancels, Cancelling, cancelled_by},
    {ColdPreparingSpare, OperatorCancels, Cancelling, cancelled_by},
    {ColdStartingSpare, OperatorCancels, Cancelling, cancelled_by},
    {ColdGivingSegment, OperatorCancels, Cancelling, cancelled_by},
    {ColdLeavingSpare, OperatorCancels, Cancelling, cancelled_by},
    {NeedsOperator, OperatorCancels, Cancelling, cancelled_by},
    {Cancelling, Undone, Cancelled, "the server has its segment, and nothing of the failover is left"},
    {Cancelling, UndoFailed, NeedsOperator, "whether the server has its segment again is not known"},
};

/// From capacity on, prepare and refresh are one: a stand-in is made, proved, suspended, and takes its place. A failure
/// of the server goes before.
constexpr Row making_rows[] = {
    {CheckingCapacity, CapacityThere, MakingStandIn, "S116: it fits, beside the old one if there is one"},
    {CheckingCapacity, CapacityForOne, RemovingOldStandIn, "it fits only in place of the old one: the patent's order, with a warning"},
    {CheckingCapacity, CapacityLacks, Failed, "S116: it does not fit; nothing was made"},
    {RemovingOldStandIn, OldStandInRemoved, MakingStandIn, "S160-S161"},
    {RemovingOldStandIn, StandInFailed, Failed, "the old one could not be deleted"},
    {MakingStandIn, StandInMade, ProvingStandIn, "S121"},
    {MakingStandIn, StandInFailed, DiscardingStandIn, "S128"},
    {ProvingStandIn, StandInAnswers, SuspendingStandIn, "S123: its job answers"},
    {ProvingStandIn, StandInFailed, DiscardingStandIn, "S128"},
    {SuspendingStandIn, StandInSuspended, AdoptingStandIn, "S124: confirmed"},
    {SuspendingStandIn, StandInFailed, DiscardingStandIn, "S128"},
    {AdoptingStandIn, StandInAdopted, RemovingReplacedStandIn, "S109: `standin_ready` is set"},
    {AdoptingStandIn, StandInFailed, DiscardingStandIn, "S128"},
    {RemovingReplacedStandIn, OldStandInRemoved, Succeeded, "S127: normal end"},
    {DiscardingStandIn, StandInDiscarded, Failed, "S131: the operation says why"},
    {CheckingCapacity, Preempted, Failed, failed_meanwhile},
    {RemovingOldStandIn, Preempted, Failed, failed_meanwhile},
    {MakingStandIn, Preempted, DiscardingStandIn, failed_meanwhile},
    {ProvingStandIn, Preempted, DiscardingStandIn, failed_meanwhile},
    {SuspendingStandIn, Preempted, DiscardingStandIn, failed_meanwhile},
    {AdoptingStandIn, Preempted, DiscardingStandIn, failed_meanwhile},
};

constexpr Row prepare_rows[] = {
    {Opened, Begins, CheckingCapacity, "S116"},
    {Opened, Preempted, Failed, failed_meanwhile},
};

/// Refresh and backup both begin with a capture.
constexpr Row capture_rows[] = {
    {Opened, Begins, StoppingServer, "S142"},
    {StoppingServer, CaptureRefused, Failed, "another server of its rack is in a failover, or its power device is another machine's: nothing was switched off"},
    {StoppingServer, ServerStopped, CapturingImage, "confirmed off"},
    {StoppingServer, ServerNotStopped, RestartingServer, "not confirmed off: nothing is captured"},
    {CapturingImage, ImageCaptured, StartingServer, "S156"},
    {CapturingImage, CaptureFailed, RestartingServer, ""},
    {StartingServer, ServerNotStarted, NeedsOperator, "the server does not start: its job is down"},
    {RestartingServer, ServerStarted, Failed, "no image was captured; the server runs"},
    {RestartingServer, ServerNotStarted, NeedsOperator, "the server does not start: its job is down"},
    {Opened, Preempted, Failed, failed_meanwhile},
    {StoppingServer, Preempted, Failed, failed_meanwhile},
    {CapturingImage, Preempted, Failed, failed_meanwhile},
    {StartingServer, Preempted, Failed, failed_meanwhile},
    {RestartingServer, Preempted, Failed, failed_meanwhile},
};

constexpr Row refresh_rows[] = {
    {StartingServer, ServerStarted, ComparingImages, "S157"},
    {ComparingImages, ImageDiffers, CheckingCapacity, "S144 YES, or there is no stand-in yet"},
    {ComparingImages, NoDifference, DiscardingImage, "S144 NO: no further work"},
    {ComparingImages, ComparisonFailed, CheckingCapacity, "unknown is not 'no difference'"},
    {DiscardingImage, ImageDiscarded, Succeeded, ""},
    {ComparingImages, Preempted, Failed, failed_meanwhile},
    {DiscardingImage, Preempted, Failed, failed_meanwhile},
};

constexpr Row backup_rows[] = {
    {StartingServer, ServerStarted, Succeeded, "the image is kept; nothing else changes"},
};

constexpr Row unset_rows[] = {
    {Opened, Begins, RemovingOldStandIn, "the row is gone; its stand-in and its segment's members follow"},
    {RemovingOldStandIn, OldStandInRemoved, Succeeded, "and its segment knows neither spare nor stand-in any more"},
    {RemovingOldStandIn, StandInFailed, Failed, "the stand-in could not be deleted"},
    {RemovingOldStandIn, SegmentRefused, Failed, no_switch},
};
// clang-format on

std::vector<Transition> everything() {
    std::vector<Transition> all;
    const auto add = [&all](OperationKind kind, std::initializer_list<std::span<const Row>> parts) {
        for (const auto& part : parts) {
            for (const Row& row : part) all.push_back({kind, row.from, row.event, row.to, row.meaning});
        }
    };
    add(OperationKind::Failover, {takeover_rows, spare_rows, handover_rows, cold_rows, operator_rows, cancel_rows});
    add(OperationKind::Prepare, {prepare_rows, making_rows});
    add(OperationKind::Refresh, {capture_rows, refresh_rows, making_rows});
    add(OperationKind::Backup, {capture_rows, backup_rows});
    add(OperationKind::Unset, {unset_rows});
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
