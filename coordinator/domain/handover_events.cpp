#include <fmt/format.h>

#include "coordinator/domain/detect_event.hpp"

namespace standin::domain {

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

std::optional<DetectedEvent> freezingEvent(const OperationProgress& progress, bool released) {
    const auto& stand_in = progress.operation().stand_in.text();
    const auto& server = progress.observation().server;
    if (progress.done(FreezeStandIn)) return happened(Event::StandInFrozen, "the stand-in is suspended");
    if (released) return happened(Event::StandInLost, "its requests were released to the spare before");
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

}  // namespace

DetectedEvent returnFailed(const OperationProgress& progress) {
    const auto& server = progress.observation().server;
    return needsOperator(
        progress, Event::ReturnFailed, "return_failed",
        "held requests could not be returned to the stand-in: " + progress.problemOf(ReturnRequests),
        fmt::format("see that agents '{}' and '{}' answer, and that what was returned to stand-in '{}' ends",
                    server.switch_agent.text(), server.request_holder.text(), progress.operation().stand_in.text()));
}

std::optional<DetectedEvent> handoverEvent(const OperationProgress& progress) {
    const Operation& operation = progress.operation();
    const auto& server = progress.observation().server;
    auto gone = [&](StepName step) {  // the agent itself does not answer; it did not say 'not yet'
        const Step* found = progress.find(step);
        return progress.gaveUp(step) && (found->state == StepState::Unknown ||
                                         (found->state == StepState::Failed && base::isTransient(found->error)));
    };
    // Its guest does not execute any more: what it has not answered it never will, and the spare is ready.
    auto halted = [&] {
        const Step* drain = progress.find(DrainStandIn);
        return progress.gaveUp(DrainStandIn) && drain->state == StepState::Failed &&
               drain->error == base::ErrorCode::WrongState;
    };
    // An operator's retry comes by here again; from then on the stand-in has no part in the job any more.
    const bool released = isReleased(operation);
    switch (operation.state) {
        case State::HoldingRequests:
            if (progress.done(HoldRequests)) return happened(Event::RequestsHeld, "new requests are held");
            if (progress.gaveUp(HoldRequests)) {
                return happened(Event::HandoverFailed, "requests cannot be held: " + progress.problemOf(HoldRequests));
            }
            return std::nullopt;
        case State::DrainingStandIn:
            if (released) return happened(Event::StandInLost, "its requests were released to the spare before");
            if (progress.done(DrainStandIn)) {
                return happened(Event::StandInDrained, "the stand-in has finished its requests");
            }
            if (gone(DrainStandIn) || halted()) {
                const std::string why = fmt::format("stand-in '{}' {}: {}", operation.stand_in.text(),
                                                    halted() ? "has stopped" : "is not heard of any more",
                                                    progress.problemOf(DrainStandIn));
                return happened(Event::StandInLost, why, standInLostNote(why));
            }
            if (progress.gaveUp(DrainStandIn) && progress.find(DrainStandIn)->state == StepState::Failed) {
                return happened(Event::HandoverFailed,
                                "the handover cannot go on: " + progress.problemOf(DrainStandIn));
            }
            if (progress.gaveUp(DrainStandIn)) {
                return happened(Event::HandoverFailed,
                                fmt::format("stand-in '{}' did not finish within {} s: {}", operation.stand_in.text(),
                                            server.drain_within.count() / 1000, progress.problemOf(DrainStandIn)));
            }
            return std::nullopt;
        case State::FreezingStandIn:
            return freezingEvent(progress, released);
        case State::ReleasingRequests:
            if (progress.done(ReleaseHeld)) return happened(Event::HeldReleased, "nothing is held any more");
            if (!progress.gaveUp(ReleaseHeld)) return std::nullopt;
            if (progress.find(ReleaseHeld)->finding == Finding::Untaken)
                return happened(Event::NothingDelivered, progress.problemOf(ReleaseHeld));
            // The holder answers, so it is the spare that does not take them. Nobody may go on as if it did; and what
            // it took before is on its disk alone, so the stand-in cannot simply go on either.
            if (!gone(ReleaseHeld)) {
                const auto& spare = operation.spare.text();
                return needsOperator(
                    progress, Event::HandoverFailed, "spare_takes_nothing",
                    fmt::format("the job cannot be handed over to spare '{}', and the stand-in is suspended: {}", spare,
                                progress.problemOf(ReleaseHeld)),
                    fmt::format(
                        "see on its console whether spare '{}' executes its job, and start it again if not; then "
                        "retry: standinctl operation retry {}",
                        spare, operation.id));
            }
            return happened(Event::HolderLost,
                            "held requests could not be released: " + progress.problemOf(ReleaseHeld),
                            Note{"holder_lost", Level::Error,
                                 "held requests could not be released: " + progress.problemOf(ReleaseHeld),
                                 fmt::format("look after request holder '{}'", server.request_holder.text())});
        case State::GivingSegmentToSpare:
        case State::ColdGivingSegment:
            if (progress.done(GiveSegmentToSpare)) {
                return happened(Event::SpareOwnsSegment,
                                fmt::format("spare '{}' owns the segment", operation.spare.text()));
            }
            if (progress.gaveUp(GiveSegmentToSpare)) return segmentRefused(progress, GiveSegmentToSpare);
            return std::nullopt;
        case State::ReturningRequests:
            if (progress.done(ReturnRequests)) {
                if (const Step* drain = progress.find(DrainStandIn);
                    drain != nullptr && drain->finding == Finding::Unseen)
                    return notSure(progress);
                if (operation.handovers < most_handovers) {
                    return happened(Event::RequestsReturned, "the stand-in has its requests again");
                }
                return needsOperator(
                    progress, Event::HandoversExhausted, "handover_failed",
                    fmt::format(
                        "the job could not be handed over to spare '{}' in {} attempts; stand-in '{}' goes on: {}",
                        operation.spare.text(), operation.handovers, operation.stand_in.text(),
                        progress.problemOf(DrainStandIn)),
                    "end what keeps the stand-in's requests open, or allow more time (drain_within)");
            }
            if (progress.gaveUp(ReturnRequests)) return returnFailed(progress);
            return std::nullopt;
        default:
            return std::nullopt;
    }
}

std::optional<DetectedEvent> settlingEvent(const OperationProgress& progress) {
    if (!progress.concluded(FencePower)) return std::nullopt;
    const bool left_over = progress.operation().cold && progress.find(ReviveStandIn) != nullptr;
    if (left_over && !progress.concluded(StopStandIn)) return std::nullopt;
    return happened(Event::Settled, fmt::format("spare '{}' executes the job", progress.operation().spare.text()));
}

}  // namespace standin::domain
