#include <fmt/format.h>

#include "coordinator/domain/handover/handover_phase.hpp"

namespace standin::domain::handover {

using enum StepName;
using Level = Note::Level;

namespace {

/// Tried this often, a handover that cannot drain will not drain the next time either.
constexpr unsigned most_handovers = 3;

/// So often in a row a request has come in the moment in which the stand-in was suspended: it is not drained.
constexpr unsigned busy_too_often = 10;

Note standInLostNote(const std::string& why) {
    return {"stand_in_lost", Level::Warning, why + "; requests it had may have failed", {}};
}

/// Tried at once again it would end the same way.
DetectedEvent notSure(const OperationProgress& progress) {
    const auto& operation = progress.operation();
    return needsOperator(
        progress, Event::HandoversExhausted, "handover_waits",
        fmt::format("the job is not handed over to spare '{}' yet, stand-in '{}' goes on: {}", operation.spare.text(),
                    operation.stand_in.text(), progress.problemOf(DrainStandIn)),
        fmt::format("it is tried again by itself when VM host '{}' is sure; if it is not after 15 minutes, look after "
                    "its agent",
                    progress.observation().server.vm_host.text()));
}

/// The agent itself does not answer; it did not say 'not yet'.
bool isGone(const OperationProgress& progress, StepName step) {
    const Step* found = progress.find(step);
    return progress.gaveUp(step) && (found->state == StepState::Unknown ||
                                     (found->state == StepState::Failed && base::isTransient(found->error)));
}

/// Its guest does not execute any more: what it has not answered it never will, and the spare is ready.
bool hasHalted(const OperationProgress& progress) {
    const Step* drain = progress.find(DrainStandIn);
    return progress.gaveUp(DrainStandIn) && drain->state == StepState::Failed &&
           drain->error == base::ErrorCode::WrongState;
}

std::optional<DetectedEvent> whileHolding(const OperationProgress& progress) {
    if (progress.done(HoldRequests)) return happened(Event::RequestsHeld, "new requests are held");
    if (!progress.gaveUp(HoldRequests)) return std::nullopt;
    return happened(Event::HandoverFailed, "requests cannot be held: " + progress.problemOf(HoldRequests));
}

/// An operator's retry comes by here again; once requests were released, the stand-in has no part in the job any more.
std::optional<DetectedEvent> whileDraining(const OperationProgress& progress) {
    const auto& stand_in = progress.operation().stand_in.text();
    if (isReleased(progress.operation()))
        return happened(Event::StandInLost, "its requests were released to the spare before");
    if (progress.done(DrainStandIn)) return happened(Event::StandInDrained, "the stand-in has finished its requests");
    if (!progress.gaveUp(DrainStandIn)) return std::nullopt;
    const std::string problem = progress.problemOf(DrainStandIn);
    const bool halted = hasHalted(progress);
    if (halted || isGone(progress, DrainStandIn)) {
        const std::string why =
            fmt::format("stand-in '{}' {}: {}", stand_in, halted ? "has stopped" : "has stopped responding", problem);
        return happened(Event::StandInLost, why, standInLostNote(why));
    }
    if (progress.find(DrainStandIn)->state == StepState::Failed)
        return happened(Event::HandoverFailed, "the handover cannot go on: " + problem);
    return happened(Event::HandoverFailed,
                    fmt::format("stand-in '{}' did not finish within {} s: {}", stand_in,
                                progress.observation().server.drain_within.count() / 1000, problem));
}

std::optional<DetectedEvent> whileFreezing(const OperationProgress& progress) {
    const auto& stand_in = progress.operation().stand_in.text();
    const auto& server = progress.observation().server;
    if (progress.done(FreezeStandIn)) return happened(Event::StandInFrozen, "the stand-in is suspended");
    if (isReleased(progress.operation()))
        return happened(Event::StandInLost, "its requests were released to the spare before");
    const Step* freeze = progress.find(FreezeStandIn);
    const bool busy =
        freeze != nullptr && freeze->state == StepState::Failed && freeze->error == base::ErrorCode::Conflict;
    if (busy && (freeze->refusals >= busy_too_often || progress.gaveUp(FreezeStandIn)))
        return happened(Event::StandInBusy, progress.problemOf(FreezeStandIn));
    if (!progress.gaveUp(FreezeStandIn)) return std::nullopt;
    const std::string problem = fmt::format("stand-in '{}' could not be confirmed as suspended: {}", stand_in,
                                            progress.problemOf(FreezeStandIn));
    if (server.fence_policy == FencePolicy::Power) {
        return needsOperator(progress, Event::HandoverFailed, "stand_in_not_frozen", problem,
                             fmt::format("see that VM host '{}' answers", server.vm_host.text()));
    }
    return happened(Event::StandInLost, "the stand-in could not be confirmed as suspended; the switch isolates it",
                    Note{"stand_in_not_frozen", Level::Warning, problem,
                         fmt::format("look after VM host '{}'", server.vm_host.text())});
}

/// The holder answers, so it is the spare that does not take them. Nobody may go on as if it did; and what it took
/// before is on its disk alone, so the stand-in cannot simply go on either.
DetectedEvent spareTakesNothing(const OperationProgress& progress) {
    const auto& spare = progress.operation().spare.text();
    return needsOperator(progress, Event::HandoverFailed, "spare_takes_nothing",
                         fmt::format("the job cannot be handed over to spare '{}', and the stand-in is suspended: {}",
                                     spare, progress.problemOf(ReleaseHeld)),
                         fmt::format("see on its console whether spare '{}' executes its job, and start it again if "
                                     "not; then retry: standinctl operation retry {}",
                                     spare, progress.operation().id));
}

std::optional<DetectedEvent> whileReleasing(const OperationProgress& progress) {
    if (progress.done(ReleaseHeld)) return happened(Event::HeldReleased, "nothing is held any more");
    if (!progress.gaveUp(ReleaseHeld)) return std::nullopt;
    if (progress.find(ReleaseHeld)->finding == Finding::Untaken)
        return happened(Event::NothingDelivered, progress.problemOf(ReleaseHeld));
    if (!isGone(progress, ReleaseHeld)) return spareTakesNothing(progress);
    const std::string why = "held requests could not be released: " + progress.problemOf(ReleaseHeld);
    const auto& holder = progress.observation().server.request_holder.text();
    return happened(Event::HolderLost, why,
                    Note{"holder_lost", Level::Error, why, fmt::format("look after request holder '{}'", holder)});
}

std::optional<DetectedEvent> whileReturning(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    if (progress.gaveUp(ReturnRequests)) return returnFailed(progress);
    if (!progress.done(ReturnRequests)) return std::nullopt;
    const Step* drain = progress.find(DrainStandIn);
    if (drain != nullptr && drain->finding == Finding::Unseen) return notSure(progress);
    if (operation.handovers < most_handovers)
        return happened(Event::RequestsReturned, "the stand-in has its requests again");
    return needsOperator(
        progress, Event::HandoversExhausted, "handover_failed",
        fmt::format("the job could not be handed over to spare '{}' in {} attempts; stand-in '{}' goes on: {}",
                    operation.spare.text(), operation.handovers, operation.stand_in.text(),
                    progress.problemOf(DrainStandIn)),
        "end what keeps the stand-in's requests open, or allow more time (drain_within)");
}

std::optional<DetectedEvent> whileSettling(const OperationProgress& progress) {
    if (!progress.concluded(FencePower)) return std::nullopt;
    const bool left_over = progress.operation().cold && progress.find(ReviveStandIn) != nullptr;
    if (left_over && !progress.concluded(StopStandIn)) return std::nullopt;
    return happened(Event::Settled, fmt::format("spare '{}' executes the job", progress.operation().spare.text()));
}

}  // namespace

DetectedEvent returnFailed(const OperationProgress& progress) {
    const auto& server = progress.observation().server;
    return needsOperator(
        progress, Event::ReturnFailed, "return_failed",
        "held requests could not be returned to the stand-in: " + progress.problemOf(ReturnRequests),
        fmt::format("see that agents '{}' and '{}' answer, and that what was returned to stand-in '{}' ends",
                    server.switch_agent.text(), server.request_holder.text(), progress.operation().stand_in.text()));
}

std::optional<DetectedEvent> spareOwnsSegment(const OperationProgress& progress) {
    if (progress.done(GiveSegmentToSpare)) {
        return happened(Event::SpareOwnsSegment,
                        fmt::format("spare '{}' owns the segment", progress.operation().spare.text()));
    }
    if (progress.gaveUp(GiveSegmentToSpare)) return segmentRefused(progress, GiveSegmentToSpare);
    return std::nullopt;
}

std::optional<DetectedEvent> detectEvent(const OperationProgress& progress) {
    switch (progress.operation().state) {
        case State::HoldingRequests:
            return whileHolding(progress);
        case State::DrainingStandIn:
            return whileDraining(progress);
        case State::FreezingStandIn:
            return whileFreezing(progress);
        case State::ReleasingRequests:
            return whileReleasing(progress);
        case State::GivingSegmentToSpare:
            return spareOwnsSegment(progress);
        case State::ReturningRequests:
            return whileReturning(progress);
        default:
            return whileSettling(progress);
    }
}

}  // namespace standin::domain::handover
