#include "coordinator/domain/matrix.hpp"

#include <algorithm>
#include <vector>

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

namespace {

using enum State;
using enum Event;

bool goesOn(State state) {
    return !isResting(state) && state != Closing;
}
bool isClosing(State state) {
    return state == Closing || state == Closed || state == Cancelled;
}
bool hasNoMoreToCancel(State state) {
    return isClosing(state) || state == Cancelling || state == StandingDown;
}
bool isPastGiving(State state) {
    return !hasNoMoreToCancel(state);  // where it is not, a row handles it
}
bool isAny(State /*state*/) {
    return true;
}

std::vector<State> statesThat(bool (*are)(State)) {
    std::vector<State> found;
    for (std::size_t i = 0; i < state_count; ++i) {
        if (are(static_cast<State>(i))) found.push_back(static_cast<State>(i));
    }
    return found;
}

/// What is ignored on purpose: these events in these states, where the kind has no row for them.
struct IgnoredEvents {
    std::vector<OperationKind> kinds;
    std::vector<Event> events;
    std::vector<State> states;
    const char* reason;
};

const std::vector<IgnoredEvents>& ignoredEvents() {
    using enum OperationKind;
    static const std::vector<IgnoredEvents> all{
        {{Failover},
         {FenceFailed},
         {GivingSegment, PreparingSpare, StartingSpare, LeavingSpare, HoldingRequests, DrainingStandIn, FreezingStandIn,
          ReleasingRequests, GivingSegmentToSpare, ReturningRequests, Settling},
         "the fence that the policy demands is confirmed; a power that is not gets a warning (`power_unconfirmed`)"},
        {{Failover},
         {FenceFailed},
         {ColdPreparingSpare, ColdStartingSpare, ColdLeavingSpare},
         "the fence decides when a machine is ready for the segment"},
        {{Failover},
         {SparePrepared},
         {ColdStartingSpare},
         "it is prepared; its quarantine is ordered again after the stand-in was probed"},
        {{Failover},
         {RequestsReturned, HandoversExhausted},
         {PreparingSpare},
         "after a retry: the preparation goes on"},
        {{Failover},
         {VerifiesAgain},
         {NeedsOperator, Closing, Cancelling},
         "only a failover that verifies, stands down or has waited verifies again"},
        {{Failover}, {FailureConfirmed}, {TakingOver}, "it is confirmed; what is still found out is for the brake"},
        {{Failover}, {OperatorRetries, OperatorCloses}, statesThat(goesOn), "refused: the failover is under way"},
        {{Failover}, {OperatorRetries}, {Succeeded}, "refused: there is nothing to try again"},
        {{Failover}, {OperatorRetries, OperatorCloses}, statesThat(isClosing), "refused: it is closed"},
        {{Failover}, {OperatorCancels}, statesThat(hasNoMoreToCancel), "refused: it has ended, or is being ended"},
        {{Failover}, {OperatorCancels}, statesThat(isPastGiving), "refused: the segment was given, or is being given"},
        {{Prepare, Refresh, Backup, Unset},
         {OperatorCancels},
         statesThat(isAny),
         "refused: only a failover is cancelled"},
        {{Failover},
         {Preempted},
         statesThat(isAny),
         "a further report of the failure is merged into the failover (rule 4)"},
        {{Prepare, Refresh, Backup, Unset},
         {OperatorRetries, OperatorCloses},
         statesThat(isAny),
         "refused: it is requested again instead, and needs no closing"},
        {{Prepare, Refresh, Backup}, {Preempted}, statesThat(isResting), "it has ended"},
        {{Prepare, Refresh},
         {Preempted},
         {RemovingReplacedStandIn, DiscardingStandIn},
         "it goes on beside the failover: what it deletes is not in service"},
        {{Unset},
         {Preempted},
         statesThat(isAny),
         "it goes on beside the failover: what it deletes is in no row any more"},
        {{Prepare, Refresh},
         {StandInFailed},
         {RemovingReplacedStandIn},
         "the new stand-in is in service; one that could not be deleted gets a warning (`old_stand_in_left`)"},
    };
    return all;
}

template <typename Value>
bool contains(const std::vector<Value>& values, Value value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

const char* reasonToIgnore(OperationKind kind, State state, Event event) {
    for (const auto& ignored : ignoredEvents()) {
        if (!contains(ignored.kinds, kind) || !contains(ignored.events, event)) continue;
        if (contains(ignored.states, state)) return ignored.reason;
    }
    return nullptr;
}

/// Steps may be shared by kinds; an event that no state of the kind has a row for is another kind's.
bool isOf(OperationKind kind, Event event) {
    if (originOf(event).is_request) return true;
    return std::any_of(transitions().begin(), transitions().end(),
                       [&](const Transition& row) { return row.kind == kind && row.event == event; });
}

}  // namespace

bool mayCome(State state, Event event) {
    const auto& origin = originOf(event);
    if (origin.is_request) return true;
    return origin.only ? *origin.only == state : origin.steps.intersects(stepsOf(state));
}

bool takesPart(OperationKind kind, State state) {
    return std::any_of(transitions().begin(), transitions().end(), [&](const Transition& row) {
        return row.kind == kind && (row.from == state || row.to == state);
    });
}

Cell cellOf(OperationKind kind, State state, Event event) {
    for (const auto& row : transitions()) {
        if (row.kind == kind && row.from == state && row.event == event) return Handled{&row};
    }
    if (!isOf(kind, event) || !mayCome(state, event)) return Impossible{};
    if (const char* reason = reasonToIgnore(kind, state, event)) return Ignored{reason};
    return Unhandled{};
}

}  // namespace standin::domain
