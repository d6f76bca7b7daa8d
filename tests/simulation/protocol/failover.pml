/* The protocol of a failover: one server, one stand-in, one spare, the agents that keep them apart, and two coordinators of which
 * one may be deposed without knowing it. README.md says what is modelled and what is left out.
 *
 * The states, events and transitions bear the names of coordinator/domain; protocol_test.cpp compares them. Each transition stands
 * here once, as go(from, event, to). Steps are journaled as intents before they have an effect; effect and record are apart, so a
 * coordinator may end in between. Every fault costs from a budget: once that is spent, faults are over. A run that never ends or
 * ends anywhere but at rest is a breach of progress.
 *
 * Deliberately wrong, to see that it is found: -D NO_EPOCH, NO_ORDER, SEGMENT_BEFORE_FENCE, UNKNOWN_IS_DONE, TIMEOUT_IS_NOT_DONE,
 * NO_LEASE, EFFECT_BEFORE_INTENT, EVERY_REPORT_OPENS, ANY_JOURNAL_WRITER, CLOSE_UNKNOWN, RETURN_BY_LOOKING, ALWAYS_RETURN,
 * EVIDENCE_IGNORED, UNKNOWN_IS_SILENCE.
 */

#ifndef FAULTS
#define FAULTS 2   /* messages lost on the way there or back, refused, or late */
#endif
#ifndef CRASHES
#define CRASHES 1  /* of a coordinator, at any point */
#endif
#ifndef DEPOSITIONS
#define DEPOSITIONS 1  /* the second coordinator takes the journal while the first goes on */
#endif
#ifndef RETRIES
#define RETRIES 1  /* standinctl operation retry */
#endif
#define MOST_HANDOVERS 2

mtype:state = {
    Opened, Verifying, StandingDown, TakingOver, GivingSegment, PreparingSpare, StartingSpare, HoldingRequests, DrainingStandIn, FreezingStandIn,
    ReleasingRequests, GivingSegmentToSpare, ReturningRequests, LeavingSpare, ColdPreparingSpare, ColdStartingSpare,
    ColdGivingSegment, ColdLeavingSpare, Settling, Closing, Succeeded, Failed, NeedsOperator, Closed
};

mtype:event = {
    Begins, FailureConfirmed, FailureRefuted, FenceWithheld, StoodDown, StandInReady, StandInUnusable, FenceFailed, SegmentGiven, SegmentRefused, SparePrepared, SpareAnswers, SpareFailed,
    NoSpareLeft, RequestsHeld, StandInDrained, StandInLost, StandInFrozen, StandInBusy, HeldReleased, NothingDelivered, HolderLost, HandoverFailed,
    RequestsReturned, HandoversExhausted, ReturnFailed, SpareOwnsSegment, FurtherSpare, Settled, OperatorRetries, OperatorCloses,
    ClosedUp
};

/* Steps that have an effect. LeaseSpare has none but in the journal; what has nothing to do with safety is left out. */
#define FencePort           0
#define FencePower          1
#define ResumeStandIn       2
#define GiveSegment         3
#define PowerOffSpare       4
#define RestoreSpare        5
#define IsolateSpare        6
#define StartSpare          7
#define ProbeSpare          8
#define HoldRequests        9
#define DrainStandIn        10
#define StopStandIn         11
#define ReleaseHeld         12
#define GiveSegmentToSpare  13
#define RetireHolder        14
#define ReturnRequests      15
#define PowerOffFailedSpare 16
#define DeleteStandIn       17
#define ReviveStandIn       18
#define FreezeStandIn       19
#define RetireStandIn       20
#define STEPS               21
#define AdoptStandIn        21  /* of a prepare that the failover preempted: its order for the segment may be on its way */

/* How a step stands. */
#define Absent  0
#define Planned 1  /* to be begun as soon as the state wants it */
#define Unknown 2  /* may have happened; to be tried again as soon as the state wants it */
#define Running 3
#define Done    4
#define GaveUp  5  /* nobody answered for as long as its patience lasts: it may have happened */
#define Refused 6  /* somebody said no */
#define Untaken 7  /* ReleaseHeld: the spare is silent, and has got nothing */

/* Machines, and who owns the segment. */
#define Nobody  0
#define Server  1
#define StandIn 2
#define Spare   3
#define Holder  4
#define Other   5  /* another server's failover */

/* Agents; each remembers the highest epoch that it has seen. */
#define Switch     0
#define Hypervisor 1
#define Store      2
#define HolderHost 3
#define Ungated    4  /* BMCs know no epochs, and questions need none */

#define Suspended 0
#define Stopped   1
#define Runs      2
#define Deleted   3

#define Idle      0
#define Holding   1
#define Releasing 2

typedef Operation {
    mtype:state state;
    byte step[STEPS];
    bit port_tried;  /* FencePort had an attempt before: it observes first */
    bit confirmed;   /* the failure is, by evidence or by a person */
    bit cold;
    bit job_runs;
    bit has_spare;
    bit spare_failed;
    bit leased;
    byte placement;  /* who executes the job, as the journal knows it */
    byte handovers;
};

Operation journal;
Operation op[2];       /* what each coordinator has in memory */
byte journal_epoch;
byte epoch[2];
bit alive[2];
byte part[42];         /* how many commands of a running step have had their effect: [coordinator * STEPS + step] */
byte leader;

/* The world. */
bit policy_power;      /* fence policy 'power': nobody else executes the job before the server is off */
byte owner = Server;
bit established;       /* owner Holder: the stand-in keeps the connections that it has */
byte back = Nobody;    /* whose quarantine the holder's back leg is in */
bit server_on = 1;
bit job_answers;       /* the server was reported to have failed, and has not */
bit server_left;       /* the server was taken off its segment */
byte stand_in = Suspended;
bit busy;              /* the stand-in has unanswered requests */
bit spare_on;
bit written;           /* the image is on the spare's disk */
bit writing;           /* the store is writing it */
byte lease = Nobody;   /* in the journal: whose failover has the spare */
bit other_job;         /* the spare executes another server's job */
byte hold = Idle;
bit held;              /* a request is held */
bit to_spare;          /* the spare has got a request that was held */
bit proxied;           /* a request that was held is being answered through the holder */
bit stand_in_lost;     /* the operator was told of StandInLost */
bit holder_lost;       /* the operator was told of HolderLost */
byte agent_epoch[4];
byte failovers;

typedef Command { byte step; byte part; byte argument; byte epoch; };
Command late[2];       /* commands that nobody waits for any more, the older first */
#define NONE 27        /* as the step of one that is not there */

byte faults = FAULTS;
byte crashes = CRASHES;
byte depositions = DEPOSITIONS;
byte retries = RETRIES;
bit closes = 1;
bit arrivals = 1;
bit idle_connection = 1;  /* on which the draining stand-in may get one more request */
bit others = 1;        /* another failover that may take the spare */
#ifdef EVERY_REPORT_OPENS
bit reports = 1;
#endif

#define isDone(s)      (op[c].step[s] == Done)
#define gaveUp(s)      (op[c].step[s] >= GaveUp)
#define concluded(s)   (op[c].step[s] >= Done)
#define begun(s)       (op[c].step[s] != Absent)
#define released       (op[c].step[ReleaseHeld] != Absent && op[c].step[ReleaseHeld] != Untaken)
#define isFenced       ((policy_power && isDone(FencePower)) || (!policy_power && (isDone(FencePort) || isDone(FencePower))))
#define fenceFailed    ((policy_power && gaveUp(FencePower)) || (gaveUp(FencePort) && gaveUp(FencePower)))
#define outOfTheWay    (!begun(ResumeStandIn) || !policy_power || isDone(StopStandIn))
/* Nobody executes the job, and no spare has got anything of it. */
#define mayRevive      (op[c].cold && begun(ResumeStandIn) && !begun(ReleaseHeld) && !begun(GiveSegmentToSpare) && !gaveUp(ReviveStandIn))
#define revived        (mayRevive && isDone(ReviveStandIn) && isFenced)
/* It runs, and is asked as soon as the holder's back leg is its own. */
#define isOnColdPath   (op[c].state == ColdPreparingSpare || op[c].state == ColdStartingSpare || op[c].state == ColdLeavingSpare)
#define wantsBackLeg   (op[c].step[ReviveStandIn] == Running && part[c * STEPS + ReviveStandIn] > 0)
#define isResting(s)   (s == Succeeded || s == Failed || s == NeedsOperator || s == Closed)

#define agentOf(s) ((s == FencePort || s == GiveSegment || s == IsolateSpare || s == GiveSegmentToSpare || s == AdoptStandIn) -> Switch : \
    ((s == ResumeStandIn || s == StopStandIn || s == DeleteStandIn || s == FreezeStandIn || s == RetireStandIn) -> Hypervisor : \
    ((s == RestoreSpare) -> Store : ((s == ReleaseHeld) -> HolderHost : Ungated))))
/* Steps of several commands. */
#define agentOfPart(s, p) ((s == ReviveStandIn) -> (p == 0 -> Hypervisor : Switch) : ((s == HoldRequests) -> (p == 0 -> HolderHost : Switch) : \
    ((s == RetireHolder) -> (p == 0 -> Switch : HolderHost) : \
    ((s == ReturnRequests) -> (p == 3 -> Hypervisor : (p == 1 -> HolderHost : Switch)) : \
    ((s == PowerOffFailedSpare) -> (p == 0 -> Store : Ungated) : agentOf(s))))))
#define partsOf(s) ((s == ReturnRequests) -> 4 : ((s == HoldRequests || s == RetireHolder || s == PowerOffFailedSpare || s == ReviveStandIn) -> 2 : 1))
#define argumentOf(s) ((s == ReturnRequests) -> (owner == Holder -> Holder : StandIn) : ((s == IsolateSpare) -> (op[c].job_runs -> StandIn : Nobody) : ((s == GiveSegmentToSpare) -> (op[c].handovers > 0) : 0)))

/* A command that nobody waits for any more goes on; a power command does not: a fence agent is killed at its deadline. */
#define leaveBehind(s, p, is) \
    if \
    :: agentOfPart(s, p) != Ungated && late[0].step == NONE -> setLate(0, s, p, is) \
    :: agentOfPart(s, p) != Ungated && late[0].step != NONE && late[1].step == NONE -> setLate(1, s, p, is) \
    :: else \
    fi
#define setLate(n, s, p, is) late[n].argument = is; late[n].step = s; late[n].part = p; late[n].epoch = epoch[c]

inline forget() {
    i = 0;
    do
    :: i < STEPS -> op[c].step[i] = 0; part[c * STEPS + i] = 0; i++
    :: else -> break
    od;
    op[c].state = 0; op[c].port_tried = 0; op[c].cold = 0; op[c].job_runs = 0; op[c].has_spare = 0; op[c].spare_failed = 0;
    op[c].leased = 0; op[c].placement = 0; op[c].handovers = 0; epoch[c] = 0; alive[c] = 0; i = 0
}

/* domain/recover.hpp: what was running is unknown, and tried again; patience starts anew. */
inline recover() {
    leader = c;
    alive[c] = 1;
    journal_epoch++;
    epoch[c] = journal_epoch;
    copyOperation(op[c], journal);
    do
    :: i < Ungated -> if :: i != missed -> agent_epoch[i] = journal_epoch :: else fi; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < STEPS ->
        if
        :: op[c].step[i] == Running && i == FencePort -> op[c].step[i] = Unknown; op[c].port_tried = 1
        :: op[c].step[i] == Untaken -> skip
        :: (op[c].step[i] >= GaveUp && op[c].step[i] != Untaken) || (op[c].step[i] == Running && i != FencePort) -> op[c].step[i] = Unknown
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

/* Also what is running: nobody listens to the outcome of an earlier attempt, but its command may still be on its way. */
inline redo(s) {
    if
    :: op[c].step[s] == Running && s != ReturnRequests && part[c * STEPS + s] < partsOf(s) ->
        leaveBehind(s, part[c * STEPS + s], argumentOf(s))
    :: else
    fi;
    if
    :: op[c].step[s] != Absent -> op[c].step[s] = Planned; part[c * STEPS + s] = 0
    :: else
    fi
}

inline tryAgain(s) {
    if
    :: op[c].step[s] == Untaken -> op[c].step[s] = Absent
    :: op[c].step[s] == GaveUp || op[c].step[s] == Refused || op[c].step[s] == Unknown -> op[c].step[s] = Planned
    :: else
    fi
}

inline chooseSpare() {
    if
    :: op[c].has_spare && !op[c].spare_failed
    :: else -> op[c].has_spare = (!op[c].spare_failed && lease != Other)
    fi
}

/* domain/enter_state.cpp and engine/effects.cpp */
#define go(from, what_happened, to) op[c].state = to; event = what_happened

inline enter() {
    if
    :: event == StandInUnusable -> op[c].cold = 1; redo(ReviveStandIn); redo(StopStandIn)
    :: event == StandInReady && op[c].cold ->
        op[c].cold = 0; op[c].step[ResumeStandIn] = Done;
        redo(GiveSegment); redo(IsolateSpare); redo(ProbeSpare); redo(ReviveStandIn)
    :: event == FailureConfirmed -> op[c].confirmed = 1; op[c].placement = Nobody
    :: event == SegmentGiven -> op[c].job_runs = 1; op[c].placement = StandIn
    :: event == SpareOwnsSegment -> op[c].job_runs = 1; op[c].placement = Spare
    :: event == SpareFailed -> op[c].spare_failed = 1
    :: event == SpareAnswers && !op[c].cold -> op[c].handovers++
    :: event == StandInLost && op[c].state != NeedsOperator -> stand_in_lost = 1
    :: event == HolderLost -> holder_lost = 1
    :: event == RequestsReturned ->
        assert(owner == StandIn && !held);  /* what is said to be returned is */
        redo(IsolateSpare); redo(ProbeSpare); redo(HoldRequests); redo(DrainStandIn); redo(FreezeStandIn);
        op[c].step[ReleaseHeld] = Absent
    :: event == HandoversExhausted ->
        assert(owner == StandIn && !held);  /* the operator is told that the stand-in goes on */
        redo(HoldRequests); redo(DrainStandIn); redo(FreezeStandIn)
    :: event == OperatorRetries ->
        if :: !op[c].confirmed -> op[c].confirmed = 1; op[c].placement = Nobody :: else fi;
        retry()
    :: event == ClosedUp && op[c].leased && op[c].placement != Spare -> op[c].leased = 0; lease = Nobody
    :: else
    fi;
    if
    :: op[c].state == PreparingSpare || op[c].state == ColdPreparingSpare -> chooseSpare()
    :: op[c].state == ReturningRequests -> redo(ReturnRequests)
    :: else
    fi
}

inline retry() {
    i = 0;
    do
    :: i < STEPS -> tryAgain(i); i++
    :: else -> break
    od;
    if
    :: op[c].spare_failed && op[c].leased -> op[c].leased = 0; lease = Nobody
    :: else
    fi;
    if
    :: op[c].spare_failed || !op[c].has_spare ->
        op[c].has_spare = 0;
        op[c].cold = 0;
        redo(PowerOffSpare); redo(RestoreSpare); redo(IsolateSpare); redo(StartSpare); redo(ProbeSpare);
        redo(PowerOffFailedSpare);
        if
        :: !op[c].job_runs -> redo(ResumeStandIn); redo(FreezeStandIn); redo(StopStandIn)
        :: else
        fi
    :: else
    fi;
    if
    :: op[c].handovers > 0 && !released ->
        op[c].step[ReturnRequests] = Planned;
        redo(IsolateSpare); redo(ProbeSpare); redo(HoldRequests); redo(DrainStandIn); redo(FreezeStandIn)
    :: else
    fi;
    op[c].handovers = 0;
    op[c].spare_failed = 0
}

#define spareStepFailed (op[c].has_spare && (gaveUp(PowerOffSpare) || gaveUp(RestoreSpare) || gaveUp(IsolateSpare) || gaveUp(StartSpare) || gaveUp(ProbeSpare) || lease == Other))
#define sparePrepared   (op[c].has_spare && op[c].leased && isDone(PowerOffSpare) && isDone(RestoreSpare) && isDone(IsolateSpare))
#define returning       (begun(ReturnRequests) && !isDone(ReturnRequests))
#define spareLeft       (!op[c].leased || concluded(PowerOffFailedSpare))

#define furtherSpare (!op[c].has_spare && !op[c].spare_failed && lease != Other)  /* there is one spare only */
#ifdef SEGMENT_BEFORE_FENCE
#define readyToGive  (isDone(ResumeStandIn))
#else
#define readyToGive  (isDone(ResumeStandIn) && isFenced)
#endif

/* domain/…_occurrence.cpp: one change of state, if anything has happened. */
inline occur() {
    if
    :: op[c].state == Opened -> go(Opened, Begins, Verifying)
    :: op[c].state == StandingDown -> go(StandingDown, StoodDown, Closed)

    :: op[c].state == TakingOver && (op[c].cold || gaveUp(ResumeStandIn)) -> go(TakingOver, StandInUnusable, ColdPreparingSpare)
    :: op[c].state == TakingOver && !op[c].cold && !gaveUp(ResumeStandIn) && readyToGive -> go(TakingOver, StandInReady, GivingSegment)
    :: op[c].state == TakingOver && !op[c].cold && !gaveUp(ResumeStandIn) && !readyToGive && fenceFailed ->
        go(TakingOver, FenceFailed, NeedsOperator)
    :: op[c].state == GivingSegment && isDone(GiveSegment) -> go(GivingSegment, SegmentGiven, PreparingSpare)
    :: op[c].state == GivingSegment && gaveUp(GiveSegment) -> go(GivingSegment, SegmentRefused, NeedsOperator)

    :: op[c].state == PreparingSpare && !op[c].has_spare -> go(PreparingSpare, NoSpareLeft, LeavingSpare)
    :: op[c].state == PreparingSpare && op[c].has_spare && returning && gaveUp(ReturnRequests) && !gaveUp(PowerOffSpare) && lease != Other ->
        go(PreparingSpare, ReturnFailed, NeedsOperator)
    :: op[c].state == PreparingSpare && spareStepFailed && (!returning || gaveUp(PowerOffSpare) || lease == Other) -> go(PreparingSpare, SpareFailed, LeavingSpare)
    :: op[c].state == PreparingSpare && !returning && sparePrepared && !spareStepFailed -> go(PreparingSpare, SparePrepared, StartingSpare)
    :: op[c].state == StartingSpare && spareStepFailed -> go(StartingSpare, SpareFailed, LeavingSpare)
    :: op[c].state == StartingSpare && !spareStepFailed && isDone(StartSpare) && isDone(ProbeSpare) ->
        go(StartingSpare, SpareAnswers, HoldingRequests)
    :: op[c].state == LeavingSpare && spareLeft && furtherSpare -> go(LeavingSpare, FurtherSpare, PreparingSpare)
    :: op[c].state == LeavingSpare && spareLeft && !furtherSpare && concluded(FencePower) -> go(LeavingSpare, NoSpareLeft, Failed)
    /* GrowStandIn is no part of the model: it may find out that the stand-in is gone */
    :: op[c].state == LeavingSpare && spareLeft && !furtherSpare && concluded(FencePower) -> go(LeavingSpare, StandInLost, NeedsOperator)

    :: op[c].state == HoldingRequests && isDone(HoldRequests) -> go(HoldingRequests, RequestsHeld, DrainingStandIn)
    :: op[c].state == HoldingRequests && gaveUp(HoldRequests) -> go(HoldingRequests, HandoverFailed, ReturningRequests)
    :: op[c].state == DrainingStandIn && !released && isDone(DrainStandIn) -> go(DrainingStandIn, StandInDrained, FreezingStandIn)
    :: op[c].state == DrainingStandIn && (released || op[c].step[DrainStandIn] == GaveUp) -> go(DrainingStandIn, StandInLost, FreezingStandIn)
    :: op[c].state == DrainingStandIn && !released && op[c].step[DrainStandIn] == Refused -> go(DrainingStandIn, HandoverFailed, ReturningRequests)
    :: op[c].state == FreezingStandIn && isDone(FreezeStandIn) -> go(FreezingStandIn, StandInFrozen, ReleasingRequests)
    :: op[c].state == FreezingStandIn && !released && op[c].step[FreezeStandIn] == Refused -> go(FreezingStandIn, StandInBusy, ReturningRequests)
    :: op[c].state == FreezingStandIn && !released && op[c].step[FreezeStandIn] == GaveUp && policy_power ->
        go(FreezingStandIn, HandoverFailed, NeedsOperator)
    :: op[c].state == FreezingStandIn && !isDone(FreezeStandIn) &&
       (released || (op[c].step[FreezeStandIn] == GaveUp && !policy_power)) ->
        go(FreezingStandIn, StandInLost, ReleasingRequests)
    :: op[c].state == ReleasingRequests && isDone(ReleaseHeld) -> go(ReleasingRequests, HeldReleased, GivingSegmentToSpare)
    :: op[c].state == ReleasingRequests && op[c].step[ReleaseHeld] == GaveUp -> go(ReleasingRequests, HolderLost, GivingSegmentToSpare)
    :: op[c].state == ReleasingRequests && op[c].step[ReleaseHeld] == Untaken -> go(ReleasingRequests, NothingDelivered, ReturningRequests)
    :: op[c].state == ReleasingRequests && op[c].step[ReleaseHeld] == Refused -> go(ReleasingRequests, HandoverFailed, NeedsOperator)
    :: op[c].state == GivingSegmentToSpare && isDone(GiveSegmentToSpare) -> go(GivingSegmentToSpare, SpareOwnsSegment, Settling)
    :: op[c].state == GivingSegmentToSpare && gaveUp(GiveSegmentToSpare) -> go(GivingSegmentToSpare, SegmentRefused, NeedsOperator)
    :: op[c].state == ReturningRequests && isDone(ReturnRequests) && op[c].handovers < MOST_HANDOVERS ->
        go(ReturningRequests, RequestsReturned, PreparingSpare)
    :: op[c].state == ReturningRequests && isDone(ReturnRequests) && op[c].handovers >= MOST_HANDOVERS ->
        go(ReturningRequests, HandoversExhausted, NeedsOperator)
    :: op[c].state == ReturningRequests && gaveUp(ReturnRequests) -> go(ReturningRequests, ReturnFailed, NeedsOperator)
    :: op[c].state == Settling && concluded(FencePower) && (!op[c].cold || !begun(ReviveStandIn) || concluded(StopStandIn)) ->
        go(Settling, Settled, Succeeded)

    :: op[c].state == ColdPreparingSpare && revived -> go(ColdPreparingSpare, StandInReady, GivingSegment)
    :: op[c].state == ColdStartingSpare && revived && !(isDone(StartSpare) && isDone(ProbeSpare)) ->
        go(ColdStartingSpare, StandInReady, GivingSegment)
    :: op[c].state == ColdLeavingSpare && revived -> go(ColdLeavingSpare, StandInReady, GivingSegment)
    :: op[c].state == ColdPreparingSpare && !op[c].has_spare -> go(ColdPreparingSpare, NoSpareLeft, NeedsOperator)
    :: op[c].state == ColdPreparingSpare && spareStepFailed -> go(ColdPreparingSpare, SpareFailed, ColdLeavingSpare)
    :: op[c].state == ColdPreparingSpare && sparePrepared && !spareStepFailed -> go(ColdPreparingSpare, SparePrepared, ColdStartingSpare)
    :: op[c].state == ColdStartingSpare && spareStepFailed -> go(ColdStartingSpare, SpareFailed, ColdLeavingSpare)
    :: op[c].state == ColdStartingSpare && !spareStepFailed && isDone(StartSpare) && isDone(ProbeSpare) ->
        go(ColdStartingSpare, SpareAnswers, ColdGivingSegment)
    :: op[c].state == ColdLeavingSpare && spareLeft && furtherSpare -> go(ColdLeavingSpare, FurtherSpare, ColdPreparingSpare)
    :: op[c].state == ColdLeavingSpare && spareLeft && !furtherSpare -> go(ColdLeavingSpare, NoSpareLeft, NeedsOperator)
    :: op[c].state == ColdGivingSegment && ((!isFenced && fenceFailed) || (!outOfTheWay && gaveUp(StopStandIn))) ->
        go(ColdGivingSegment, FenceFailed, NeedsOperator)
    :: op[c].state == ColdGivingSegment && isDone(GiveSegmentToSpare) -> go(ColdGivingSegment, SpareOwnsSegment, Settling)
    :: op[c].state == ColdGivingSegment && gaveUp(GiveSegmentToSpare) -> go(ColdGivingSegment, SegmentRefused, NeedsOperator)

    :: op[c].state == Closing && (concluded(DeleteStandIn) || !op[c].confirmed) -> go(Closing, ClosedUp, Closed)
    :: else
    fi
}

#define want(s) if :: op[c].step[s] <= Unknown -> op[c].step[s] = Running; part[c * STEPS + (s)] = 0; changed = true :: else fi

#if defined(NO_LEASE) || defined(EFFECT_BEFORE_INTENT)
#define takeLease op[c].leased = 1  /* nobody else knows, or not before the next decision */
#else
#define takeLease if :: lease != Other -> lease = Server; op[c].leased = 1 :: else fi
#endif

inline wantSpare() {
    if
    :: op[c].has_spare ->
        if
        :: !op[c].leased -> takeLease; changed = true; again = true
        :: else
        fi;
        if
        :: op[c].leased ->
            want(PowerOffSpare);
            if
            :: isDone(PowerOffSpare) ->
                want(RestoreSpare);
                if
                :: returning -> want(ReturnRequests)
                :: !returning && (op[c].job_runs || concluded(FencePort)) && (!mayRevive || isDone(RestoreSpare)) -> want(IsolateSpare)
                :: else
                fi
            :: else
            fi
        :: else
        fi
    :: else
    fi
}

inline wantStopOfLeftOver() {
    if
    :: begun(ResumeStandIn) -> want(StopStandIn)
    :: else
    fi
}

inline wantRevival() {
    if
    :: mayRevive -> want(ReviveStandIn)
    :: else
    fi
}

/* domain/plan.cpp: the steps that the state wants are made intents. */
inline plan() {
    if
    :: !isResting(op[c].state) && op[c].state != Closing && op[c].confirmed -> want(FencePower)
    :: else
    fi;
    if
    :: op[c].state == TakingOver -> want(FencePort); want(ResumeStandIn)
    :: op[c].state == GivingSegment -> want(GiveSegment)
    :: op[c].state == PreparingSpare -> wantSpare()
    :: op[c].state == StartingSpare ->
        want(StartSpare);
        if :: isDone(StartSpare) -> want(ProbeSpare) :: else fi
    :: op[c].state == HoldingRequests -> want(HoldRequests)
    :: op[c].state == DrainingStandIn -> want(DrainStandIn)
    :: op[c].state == FreezingStandIn -> want(FreezeStandIn)
    :: op[c].state == ReleasingRequests -> want(ReleaseHeld)
    :: op[c].state == GivingSegmentToSpare -> want(GiveSegmentToSpare)
    :: op[c].state == ReturningRequests -> want(ReturnRequests)
    :: op[c].state == LeavingSpare && op[c].leased -> want(PowerOffFailedSpare)
    :: op[c].state == ColdPreparingSpare -> want(FencePort); wantRevival(); wantSpare()
    :: op[c].state == ColdStartingSpare ->
        want(FencePort); wantRevival();
        if
        :: !wantsBackLeg ->
            want(IsolateSpare);
            if :: isDone(IsolateSpare) -> want(StartSpare) :: else fi;
            if :: isDone(IsolateSpare) && isDone(StartSpare) -> want(ProbeSpare) :: else fi
        :: else
        fi
    :: op[c].state == ColdGivingSegment ->
        if :: policy_power -> wantStopOfLeftOver() :: else fi;
        if
        :: !isFenced -> want(FencePort)
        :: isFenced && outOfTheWay -> want(GiveSegmentToSpare)
        :: else
        fi
    :: op[c].state == Settling && op[c].cold && begun(ReviveStandIn) -> want(StopStandIn)
    :: op[c].state == ColdLeavingSpare ->
        want(FencePort); wantRevival();
        if :: op[c].leased -> want(PowerOffFailedSpare) :: else fi
    :: op[c].state == Succeeded && begun(HoldRequests) ->
        want(RetireHolder);
        /* really beside the other; they have nothing to do with each other, and this way there are fewer states */
        if :: begun(FreezeStandIn) && concluded(RetireHolder) -> want(RetireStandIn) :: else fi
    :: op[c].state == Closing && op[c].confirmed -> want(DeleteStandIn)
    :: else
    fi
}

inline copyOperation(to, from) {
    to.state = from.state; to.port_tried = from.port_tried; to.confirmed = from.confirmed; to.cold = from.cold; to.job_runs = from.job_runs;
    to.has_spare = from.has_spare; to.spare_failed = from.spare_failed; to.leased = from.leased; to.placement = from.placement;
    to.handovers = from.handovers;
    i = 0;
    do
    :: i < STEPS -> to.step[i] = from.step[i]; i++
    :: else -> break
    od;
    i = 0
}

#ifdef ANY_JOURNAL_WRITER
#define mayCommit (true)
#else
#define mayCommit (epoch[c] == journal_epoch)
#endif

/* The engine's course: what has happened, what is wanted now, and one commit before any of it has an effect. A coordinator whose
 * journal was taken over can make nothing durable, so it begins nothing. */
inline decide() {
    if
    :: mayCommit ->
#ifdef EFFECT_BEFORE_INTENT
        copyOperation(journal, op[c]);
        if :: op[c].leased && lease == Nobody -> lease = Server :: else fi;
#endif
        do
        :: event != 0 -> enter(); event = 0; changed = true; again = true
        :: event == 0 && again -> again = false; occur(); if :: event == 0 -> plan() :: else fi
        :: event == 0 && !again -> break
        od;
        if
#ifndef EFFECT_BEFORE_INTENT
        :: changed -> copyOperation(journal, op[c])
#endif
        :: else
        fi
    :: else
    fi
}

/* What must never happen, as far as the world shows it. */
inline check() {
    assert(!(server_left && owner == Server));                                    /* a fenced server is not on its segment */
    assert(!policy_power || owner == Server || owner == Nobody || !server_on);    /* nobody before the fence */
    assert(!(writing && (spare_on || other_job || owner == Spare)));              /* no write to a working spare */
    assert(!(policy_power && owner == Spare && stand_in == Runs));             /* one executes the job */
    assert(!(owner == StandIn && (stand_in == Suspended || stand_in == Deleted)) && !(established && stand_in == Deleted));
    assert(!(to_spare && owner == StandIn));  /* what the spare has begun is on its disk alone */
    assert(failovers <= 1)
}

inline own(who, keeps, through_holder, back_leg) {
    assert(through_holder || !proxied);                          /* nobody cuts a request that the holder has taken */
    assert(owner != Server || who == Server || who == Nobody || !server_on);  /* never straight from a server that runs */
    if :: owner == Server && who != Server -> server_left = 1 :: else fi;
    owner = who; established = keeps; back = back_leg
}

/* What a command does when it arrives. */
inline act() {
    if
    :: which == FencePort -> assert(!job_answers); own(Nobody, 0, 0, StandIn)
    :: which == FencePower -> assert(!job_answers); server_on = 0
    :: which == ResumeStandIn ->
        if :: stand_in != Deleted -> stand_in = Runs :: else fi
    :: which == ReviveStandIn && nth == 0 ->
        if :: stand_in != Deleted -> stand_in = Runs :: else fi
    :: which == ReviveStandIn && nth == 1 -> own(Nobody, 0, 0, StandIn)
    :: which == GiveSegment -> own(StandIn, 0, 0, Nobody); busy = 1
    :: which == PowerOffSpare -> assert(!other_job); spare_on = 0
    :: which == RestoreSpare -> assert(!other_job); writing = 1; written = 0
    :: which == IsolateSpare -> own(with, 0, 0, Spare)
    :: which == StartSpare -> spare_on = 1
    :: which == HoldRequests && nth == 0 -> hold = Holding
    :: which == HoldRequests && nth == 1 -> own(Holder, 1, 1, Spare)
    :: which == StopStandIn ->
        if :: stand_in != Deleted -> stand_in = Stopped; busy = 0 :: else fi
    :: which == FreezeStandIn ->
        if :: stand_in == Runs -> stand_in = Suspended :: else fi
    :: which == RetireStandIn ->  /* it runs for a moment, in its quarantine */
        assert(owner != StandIn && !established && back != StandIn);
        if :: stand_in != Deleted -> stand_in = Stopped; busy = 0 :: else fi
    :: which == ReleaseHeld -> hold = Releasing
    :: which == GiveSegmentToSpare -> own(Spare, 0, with, Spare)
    :: which == RetireHolder && nth == 0 -> own(Spare, 0, 0, Nobody)
    :: which == RetireHolder && nth == 1 -> assert(!held); hold = Idle
    :: which == ReturnRequests && nth == 3 ->
        if :: stand_in != Deleted -> stand_in = Runs :: else fi
    :: which == ReturnRequests && nth == 0 -> own(with, with == Holder, 1, StandIn)
    :: which == ReturnRequests && nth == 1 -> hold = Releasing
    :: which == ReturnRequests && nth == 2 -> own(StandIn, 0, 1, StandIn)
    :: which == PowerOffFailedSpare && nth == 0 -> writing = 0
    :: which == PowerOffFailedSpare && nth == 1 -> spare_on = 0
    :: which == DeleteStandIn -> assert(owner != StandIn); stand_in = Deleted
    :: which == AdoptStandIn -> own(Server, 0, 0, Nobody)
    :: else
    fi;
    check()
}

#define take(n)    which = late[n].step; nth = late[n].part; with = late[n].argument; by = late[n].epoch
#define moveUp()   late[0].step = late[1].step; late[0].part = late[1].part; late[0].argument = late[1].argument; \
                   late[0].epoch = late[1].epoch; clear(1)
#define clear(n)   late[n].step = NONE; late[n].part = 0; late[n].argument = 0; late[n].epoch = 0
#define agentOfLate(n) agentOfPart(late[n].step, late[n].part)
#ifdef NO_ORDER
#define overtaken(n, by) false
#else
#define overtaken(n, by) (!from_behind && late[n].step != NONE && agentOfLate(n) == a && late[n].epoch <= by)
#endif
#ifdef NO_EPOCH
#define isDeposed(by) false
#else
#define isDeposed(by) (by < agent_epoch[a])
#endif

/* Power devices know no epochs, so the switch's agent is asked before a spare is switched. */
#define isSwitching (which == PowerOffSpare || which == StartSpare || (which == PowerOffFailedSpare && nth == 1))

/* An agent takes a command, unless that is of an older epoch. What is still on its way to the same agent is older and will be
 * refused from now on. Sets `no` when the command is refused. */
inline arrive() {
    a = agentOfPart(which, nth);
    if
    :: a != Ungated && isDeposed(by) -> no = true
    :: isSwitching && by < agent_epoch[Switch] -> no = true
    :: else ->
        if :: isSwitching -> agent_epoch[Switch] = by :: else fi;
        if
        :: a != Ungated ->
            agent_epoch[a] = by;
            if :: overtaken(0, by) -> clear(0) :: else fi;
            if :: overtaken(1, by) -> clear(1) :: else fi
        :: else
        fi;
        act()
    fi;
    which = 0; nth = 0; with = 0; by = 0; a = 0
}

#define running(s)     (op[c].step[s] == Running)
/* ReturnRequests does one thing at a time: the stand-in runs (a stop may be on its way) and the back leg goes to it (so that nothing
 * which was ordered before, or by a deposed coordinator, comes true later), then, found out by looking: what is held is released, the
 * segment follows. */
#define mustRelease    (held || (owner == Holder && hold != Releasing))
#define done(s)        part[c * STEPS + (s)]
#ifdef RETURN_BY_LOOKING
#define ordered        1
#else
#define ordered        2
#endif
#define nextOfReturn   (done(ReturnRequests) == 0 -> 3 : (done(ReturnRequests) < ordered -> 0 : (mustRelease -> (back != StandIn -> 0 : 1) : ((owner != StandIn || back != StandIn) -> 2 : 4))))
/* ReviveStandIn leads the back leg to the stand-in, unless it is there. */
#define nextOfRevival  (done(ReviveStandIn) == 0 -> 0 : ((done(ReviveStandIn) == 1 && back != StandIn) -> 1 : 2))
#define at(s)          ((s == ReturnRequests) -> nextOfReturn : ((s == ReviveStandIn) -> nextOfRevival : done(s)))
#ifdef TIMEOUT_IS_NOT_DONE
#define commandsOf(s)  ((s == ReturnRequests && op[c].step[HoldRequests] == GaveUp) -> 0 : partsOf(s))
#else
#define commandsOf(s)  partsOf(s)
#endif
/* What a step waits for between its effect and its answer. */
#define answers(s)     ((s == RestoreSpare) -> (written && !writing) : ((s == DrainStandIn) -> !busy : \
    ((s == ProbeSpare) -> (spare_on && written && back == Spare) : ((s == ReleaseHeld) -> !held : \
    ((s == ReviveStandIn) -> (stand_in == Runs && back == StandIn) : ((s == ReturnRequests) -> !proxied : 1))))))
/* It will never come, so the step's patience ends. */
#define isHopeless(s)  ((s == RestoreSpare) -> (!written && !writing) : ((s == ProbeSpare) -> !(spare_on && written && back == Spare) : \
    ((s == ReviveStandIn) -> !(stand_in == Runs && back == StandIn) : ((s == ReleaseHeld) -> (held && (back == Nobody || hold != Releasing)) : 0))))
#define isForgotten    (held && hold != Releasing)
#define mayBegin(s)    ((s == RetireHolder && at(s) == 0) -> (isForgotten || (!held && !proxied) || owner != Spare) : \
    ((s == ReviveStandIn && at(s) == 1) -> (mayCommit && isOnColdPath && !running(ProbeSpare) && !running(IsolateSpare)) : \
    ((s == ReturnRequests) -> !(nextOfReturn == 1 && hold == Releasing) : 1)))

#define Effect  1  /* the step's next command arrives and has its effect */
#define Answer  2  /* and is answered */
#define Despair 3  /* what the step waits for cannot come */
#define Retry   4  /* no answer in time; tried again */
#define GiveUp  5  /* no answer, and no patience left */
#define Deny    6  /* in time the stand-in was not drained, or the spare did not take what was held */
#define Die     7
#define Start   8
#define Untake  9  /* the spare is silent: the holder keeps what it has, and says whether the spare has got any of it */
#define given(s) (!begun(s) || isDone(s))
#ifdef CLOSE_UNKNOWN
#define ownerKnown true
#else
#define ownerKnown (op[c].placement != Nobody || (given(GiveSegment) && given(GiveSegmentToSpare)))
#endif
#define mayClose (op[c].placement != StandIn && ownerKnown && closes > 0 && mayCommit)

#define isWithheld (op[c].state == NeedsOperator && !op[c].confirmed)
#ifdef EVIDENCE_IGNORED
#define showsDeath true
#else
#define showsDeath (!job_answers)
#endif

#define isHeard        mayCommit  /* what a deposed coordinator hears changes nothing */
#define COURSES(s) \
    :: running(s) && at(s) < commandsOf(s) && mayBegin(s) -> step = s; what = Effect \
    :: running(s) && at(s) >= commandsOf(s) && answers(s) && isHeard -> step = s; what = Answer \
    :: running(s) && at(s) >= commandsOf(s) && isHopeless(s) && isHeard -> step = s; what = Despair \
    :: running(s) && faults > 0 && isHeard -> step = s; faults--; \
       if \
       :: at(s) < commandsOf(s) && mayBegin(s) && !(s == RetireHolder && isForgotten) -> leaveBehind(s, at(s), argumentOf(s)) \
       :: true \
       fi; \
       if :: mayCommit -> what = Retry :: what = GiveUp :: s == DrainStandIn || (s == ReleaseHeld && held) -> what = Deny \
       :: s == ReleaseHeld && at(s) >= commandsOf(s) && isDone(FreezeStandIn) && mayCommit -> what = Untake fi

#ifndef ANY_JOURNAL_WRITER
#define hasEffect(s) (s != ProbeSpare && s != DrainStandIn)
/* A deposed coordinator begins nothing any more. What is left of it are the commands of the steps that it had begun; everything else
 * about it is forgotten, so that it does not multiply the states. */
inline depose() {
    i = 0;
    do
    :: i < STEPS ->
        if
        :: op[0].step[i] == Running && part[i] < partsOf(i) && hasEffect(i) -> no = true
        :: else -> op[0].step[i] = Absent; part[i] = 0
        fi;
        i++
    :: else -> break
    od;
    i = 0;
    op[0].port_tried = op[0].port_tried && op[0].step[FencePort] == Running;
    op[0].job_runs = op[0].job_runs && op[0].step[IsolateSpare] == Running;
    op[0].handovers = op[0].handovers > 0 && op[0].step[GiveSegmentToSpare] == Running;
    op[0].state = Closed;
    op[0].confirmed = 0; op[0].cold = 0; op[0].has_spare = 0; op[0].spare_failed = 0; op[0].leased = 0; op[0].placement = 0;
    alive[0] = no; no = false;
    if :: !alive[0] -> op[0].state = 0; epoch[0] = 0 :: else fi
}
#else
#define depose() skip
#endif

#ifdef NO_ORDER
#define overtake(s) skip
#define overtakePort() skip
#else
#define overtakePort() if :: running(FencePort) && at(FencePort) == 0 -> op[c].step[FencePort] = Unknown; op[c].port_tried = 1 :: else fi
#define overtake(s) if :: running(s) && at(s) < commandsOf(s) -> op[c].step[s] = Refused; done(s) = 0 :: else fi
#endif

inline doIt() {
    no = false;
    if
    :: what == Effect ->
        if
        :: step == FencePort && op[c].port_tried && owner != Server -> skip  /* observed: off the segment already */
        :: step == RetireHolder && owner != Spare -> done(step) = 1              /* the segment has gone on */
        :: else ->
            which = step; nth = at(step); with = argumentOf(step); by = epoch[c];
            if :: step == RetireHolder && at(step) == 0 && isForgotten -> which = ReleaseHeld; done(step) = 255 :: else fi;
            arrive();
            if
            :: step == PowerOffFailedSpare && at(step) == 0 && !no -> overtake(RestoreSpare)
            :: step == DeleteStandIn && !no -> overtake(StopStandIn); overtake(FreezeStandIn); overtake(RetireStandIn)
            :: step == FreezeStandIn && busy -> no = true  /* a request has come in the last moment */
            :: step == ResumeStandIn && !no -> overtake(ReviveStandIn)
            :: step == StopStandIn && !no -> if :: at(ReviveStandIn) == 0 -> overtake(ReviveStandIn) :: else fi
            :: step == ReviveStandIn && at(step) == 0 && !no && back != StandIn && op[c].step[IsolateSpare] == Done && mayCommit ->
                /* the spare's quarantine has to be ordered anew: that is durable before the back leg is led away */
                op[c].step[IsolateSpare] = Planned; journal.step[IsolateSpare] = Planned
            :: (step == GiveSegment || step == IsolateSpare || step == GiveSegmentToSpare) && !no -> overtakePort();
                if :: step != IsolateSpare -> overtake(IsolateSpare) :: else fi;
                if :: step != IsolateSpare && done(ReviveStandIn) == 1 -> overtake(ReviveStandIn) :: else fi
            :: else
            fi
        fi;
        if
        :: no -> op[c].step[step] = Refused; done(step) = 0
        :: else -> done(step) = ((step == ReturnRequests && done(step) == ordered) -> ordered : done(step) + 1); again = false  /* nobody knows yet */
        fi;
        if :: !mayCommit && (at(step) == commandsOf(step) || op[c].step[step] == Refused) -> op[c].step[step] = Absent; done(step) = 0 :: else fi
    :: what == 0 -> skip
    :: what == Die -> forget(); again = false
    :: what == Start ->
        if :: leader != c && alive[0] -> depose() :: else fi;
        recover()
    :: what == Answer -> op[c].step[step] = Done
    :: what == Despair || what == Deny -> op[c].step[step] = Refused
    :: what == Untake ->
        if
        :: epoch[c] >= agent_epoch[HolderHost] ->
            agent_epoch[HolderHost] = epoch[c]; a = HolderHost; by = epoch[c];
            if :: overtaken(0, by) -> clear(0) :: else fi;
            if :: overtaken(1, by) -> clear(1) :: else fi;
            a = 0; by = 0;
#ifndef ALWAYS_RETURN
            if :: !to_spare -> hold = Holding; op[c].step[ReleaseHeld] = Untaken; done(ReleaseHeld) = 0 :: else fi
#else
            hold = Holding; op[c].step[ReleaseHeld] = Untaken; done(ReleaseHeld) = 0
#endif
        :: else
        fi
#ifdef UNKNOWN_IS_DONE
    :: what == Retry || what == GiveUp -> op[c].step[step] = Done
#else
    :: what == GiveUp -> op[c].step[step] = GaveUp
    :: what == Retry ->
        op[c].step[step] = Unknown;
        if :: step == FencePort -> op[c].port_tried = 1 :: else fi
#endif
    fi;
    if :: op[c].step[step] != Running && what >= Answer && what <= Deny -> done(step) = 0 :: else fi;
    no = false
}

#define DIES_DURING(s) :: running(s) && at(s) < commandsOf(s) && mayBegin(s) && !(s == RetireHolder && isForgotten) -> leaveBehind(s, at(s), argumentOf(s))
#define every(what_of) what_of(0) what_of(1) what_of(2) what_of(3) what_of(4) what_of(5) what_of(6) what_of(7) what_of(8) \
    what_of(9) what_of(10) what_of(11) what_of(12) what_of(13) what_of(14) what_of(15) what_of(16) what_of(17) what_of(18) what_of(19) what_of(20)

/* A coordinator that starts claims its epoch at every agent. */
#define missAnAgent() \
    if \
    :: missed = Ungated \
    :: faults > 0 -> faults--; if :: missed = Switch :: missed = Hypervisor :: missed = Store :: missed = HolderHost fi \
    fi

proctype Coordinator(byte c) {
    byte step, what, missed, i;             /* what it does next */
    byte which, nth, with, by, a;           /* a command */
    bool changed, again, no, from_behind;
    mtype:event event;
end:
    do
    :: atomic {
        if
        every(COURSES)
        /* the failure is reported */
        :: alive[c] && op[c].state == 0 && op[c].placement == Server && mayCommit -> failovers++; op[c].state = Opened
#ifdef EVERY_REPORT_OPENS
        :: alive[c] && op[c].state != 0 && reports > 0 -> reports--; failovers++
#endif
        /* what the places say that could be asked; an answer of the job is the whole truth */
        :: alive[c] && op[c].state == Verifying && showsDeath && mayCommit -> go(Verifying, FailureConfirmed, TakingOver)
        :: alive[c] && op[c].state == Verifying && job_answers && mayCommit -> go(Verifying, FailureRefuted, StandingDown)
        :: alive[c] && op[c].state == Verifying && faults > 0 && mayCommit ->  /* nobody could be asked */
            faults--;
#ifdef UNKNOWN_IS_SILENCE
            go(Verifying, FailureConfirmed, TakingOver)
#else
            go(Verifying, FenceWithheld, NeedsOperator)
#endif
        :: alive[c] && isWithheld && showsDeath && mayCommit -> go(NeedsOperator, FailureConfirmed, TakingOver)
        :: alive[c] && isWithheld && job_answers && mayCommit -> go(NeedsOperator, FailureRefuted, StandingDown)
        /* a person who retries has looked */
        :: alive[c] && op[c].state == NeedsOperator && retries > 0 && mayCommit && !(isWithheld && job_answers) ->
            retries--; go(NeedsOperator, OperatorRetries, TakingOver)
        :: alive[c] && op[c].state == Failed && retries > 0 && mayCommit -> retries--; go(Failed, OperatorRetries, TakingOver)
        /* closing is refused while the stand-in executes the job, or may do so */
        :: alive[c] && op[c].state == Succeeded && mayClose -> closes--; go(Succeeded, OperatorCloses, Closing)
        :: alive[c] && op[c].state == Failed && mayClose -> closes--; go(Failed, OperatorCloses, Closing)
        :: alive[c] && op[c].state == NeedsOperator && mayClose -> closes--; go(NeedsOperator, OperatorCloses, Closing)
        /* it dies; one of its commands may be on its way */
        :: alive[c] && crashes > 0 && isHeard -> crashes--; what = Die;
            if
            every(DIES_DURING)
            :: true
            fi
        /* it is started again, or the second takes the journal and the first does not know */
        :: !alive[c] && leader == c -> what = Start; missAnAgent()
        :: !alive[c] && c == 1 && leader == 0 && depositions > 0 -> depositions--; what = Start; missAnAgent()
        fi;
        d_step {
            again = true;
            doIt();
            decide();
            check();
            step = 0; what = 0; missed = 0; changed = false; again = false
        }
       }
    od
}

/* Everything else that goes on; of it nothing goes on for ever. */
proctype World() {
    byte which, nth, with, by, a;
    bool no, from_behind;
end:
    do
    :: d_step { late[0].step != NONE -> take(0); clear(0); moveUp(); from_behind = true; arrive(); from_behind = false; no = false }
    :: d_step { late[1].step != NONE -> take(1); clear(1); arrive(); no = false }
    :: d_step { writing -> writing = 0; written = 1 }
    :: d_step { busy && stand_in != Suspended -> busy = 0 }
    :: d_step { established && stand_in == Runs && !busy && idle_connection > 0 -> idle_connection = 0; busy = 1 }
    :: d_step { owner == Holder && hold != Idle && arrivals > 0 && !held -> arrivals--; held = 1 }
    :: d_step {
        hold == Releasing && held && back != Nobody ->
        assert(back != Spare || (spare_on && written && (stand_in != Runs || stand_in_lost)));
        assert(back != StandIn || (stand_in == Runs && !to_spare));
        to_spare = to_spare || back == Spare;
        held = 0; proxied = 1
       }
    :: d_step { proxied -> proxied = 0 }
    :: d_step { lease == Nobody && !writing && others > 0 ->  /* another server's failover takes the spare */
        others = 0; lease = Other; other_job = 1; spare_on = 1;
        /* and writes it: a restore of ours that is still on its way comes too late for this disk */
        if :: late[0].step == RestoreSpare -> clear(0) :: else fi;
        if :: late[1].step == RestoreSpare -> clear(1) :: else fi;
        if :: op[0].step[RestoreSpare] == Running -> op[0].step[RestoreSpare] = Refused; part[RestoreSpare] = 0 :: else fi;
        if :: op[1].step[RestoreSpare] == Running -> op[1].step[RestoreSpare] = Refused; part[STEPS + RestoreSpare] = 0 :: else fi
       }
    od
}

#define its op[leader].state
/* When nothing goes on any more, the failover rests, and the world is as its state says. */
proctype Judge() {
    timeout ->
    assert(alive[leader] && isResting(its));
    assert(its != Succeeded || (owner == Spare && spare_on && written));
    assert(its != Failed || (owner == StandIn && stand_in == Runs));
    assert(its == NeedsOperator || !held || holder_lost)
}

init {
    atomic {
        if :: policy_power = 0 :: policy_power = 1 fi;
        if :: job_answers = 0 :: job_answers = 1 fi;
        late[1].step = NONE;
        if
        :: late[0].step = NONE
        :: late[0].step = AdoptStandIn; late[0].epoch = 1  /* of a prepare that gives way to the failover */
        fi;
        journal.placement = Server; op[0].placement = Server;
        journal_epoch = 1; epoch[0] = 1; alive[0] = 1;
        run Coordinator(0); run Coordinator(1); run World(); run Judge()
    }
}
