#include "coordinator/domain/event.hpp"

#include <array>

namespace standin::domain {

using enum StepName;

namespace {

struct EventRow {
    Event event{};
    std::string_view name;
    EventOrigin origin;
};

constexpr EventOrigin afterSteps(StepSet steps) {
    return {.steps = steps};
}
constexpr EventOrigin inState(State state) {
    return {.only = state};
}
constexpr EventOrigin onRequest() {
    return {.is_request = true};
}

constexpr std::array<EventRow, event_count> event_rows{{
    {Event::Begins, "Begins", inState(State::Opened)},
    {Event::FailureConfirmed, "FailureConfirmed", afterSteps({AskPort, AskJob, AskPower, WakeStandIn})},
    {Event::FailureRefuted, "FailureRefuted", afterSteps({AskJob})},
    {Event::VerifiesAgain, "VerifiesAgain", afterSteps({AskPort, RestStandIn})},
    {Event::FenceWithheld, "FenceWithheld", inState(State::Verifying)},
    {Event::StoodDown, "StoodDown", inState(State::StandingDown)},
    {Event::StandInReady, "StandInReady", afterSteps({ResumeStandIn, ReviveStandIn})},
    {Event::StandInUnusable, "StandInUnusable", afterSteps({ResumeStandIn})},
    {Event::FenceFailed, "FenceFailed", afterSteps({FencePort, FencePower, StopStandIn})},
    {Event::SegmentGiven, "SegmentGiven", afterSteps({GiveSegment})},
    {Event::SegmentRefused, "SegmentRefused", afterSteps({GiveSegment, GiveSegmentToSpare, ClearSegment})},
    {Event::SparePrepared, "SparePrepared",
     afterSteps({LeaseSpare, ReleaseSpare, PowerOffSpare, RestoreSpare, IsolateSpare})},
    {Event::SpareAnswers, "SpareAnswers", afterSteps({StartSpare, ProbeSpare})},
    {Event::SpareFailed, "SpareFailed",
     afterSteps({LeaseSpare, ReleaseSpare, PowerOffSpare, RestoreSpare, IsolateSpare, StartSpare, ProbeSpare})},
    {Event::NoSpareLeft, "NoSpareLeft", afterSteps({LeaseSpare, GrowStandIn, PowerOffFailedSpare})},
    {Event::RequestsHeld, "RequestsHeld", afterSteps({HoldRequests})},
    {Event::StandInDrained, "StandInDrained", afterSteps({DrainStandIn})},
    {Event::StandInLost, "StandInLost", afterSteps({DrainStandIn, FreezeStandIn, GrowStandIn})},
    {Event::StandInFrozen, "StandInFrozen", afterSteps({FreezeStandIn})},
    {Event::StandInBusy, "StandInBusy", afterSteps({FreezeStandIn})},
    {Event::HeldReleased, "HeldReleased", afterSteps({ReleaseHeld})},
    {Event::NothingDelivered, "NothingDelivered", afterSteps({ReleaseHeld})},
    {Event::HolderLost, "HolderLost", afterSteps({ReleaseHeld})},
    {Event::HandoverFailed, "HandoverFailed", afterSteps({HoldRequests, DrainStandIn, FreezeStandIn, ReleaseHeld})},
    {Event::RequestsReturned, "RequestsReturned", afterSteps({ReturnRequests})},
    {Event::HandoversExhausted, "HandoversExhausted", afterSteps({ReturnRequests})},
    {Event::ReturnFailed, "ReturnFailed", afterSteps({ReturnRequests})},
    {Event::SpareOwnsSegment, "SpareOwnsSegment", afterSteps({GiveSegmentToSpare})},
    {Event::FurtherSpare, "FurtherSpare", afterSteps({GrowStandIn, PowerOffFailedSpare})},
    {Event::Settled, "Settled", inState(State::Settling)},
    {Event::Undone, "Undone", inState(State::Cancelling)},
    {Event::UndoFailed, "UndoFailed", afterSteps({UnfencePort})},
    {Event::CaptureRefused, "CaptureRefused", afterSteps({StopServer})},
    {Event::ServerStopped, "ServerStopped", afterSteps({StopServer})},
    {Event::ServerNotStopped, "ServerNotStopped", afterSteps({StopServer})},
    {Event::ImageCaptured, "ImageCaptured", afterSteps({CaptureImage})},
    {Event::CaptureFailed, "CaptureFailed", afterSteps({CaptureImage})},
    {Event::ServerStarted, "ServerStarted", afterSteps({StartServer})},
    {Event::ServerNotStarted, "ServerNotStarted", afterSteps({StartServer})},
    {Event::ImageDiffers, "ImageDiffers", afterSteps({CompareImages})},
    {Event::NoDifference, "NoDifference", afterSteps({CompareImages})},
    {Event::ComparisonFailed, "ComparisonFailed", afterSteps({CompareImages})},
    {Event::ImageDiscarded, "ImageDiscarded", afterSteps({DiscardImage})},
    {Event::CapacityThere, "CapacityThere", afterSteps({CheckCapacity})},
    {Event::CapacityForOne, "CapacityForOne", afterSteps({CheckCapacity})},
    {Event::CapacityLacks, "CapacityLacks", afterSteps({CheckCapacity})},
    {Event::OldStandInRemoved, "OldStandInRemoved", afterSteps({DeleteOldStandIn, ClearSegment})},
    {Event::StandInMade, "StandInMade", afterSteps({MakeStandIn})},
    {Event::StandInAnswers, "StandInAnswers", afterSteps({StartStandIn, IsolateStandIn, ProbeStandIn})},
    {Event::StandInSuspended, "StandInSuspended", afterSteps({SuspendStandIn})},
    {Event::StandInFailed, "StandInFailed",
     afterSteps(
         {DeleteOldStandIn, MakeStandIn, StartStandIn, IsolateStandIn, ProbeStandIn, SuspendStandIn, AdoptStandIn})},
    {Event::StandInAdopted, "StandInAdopted", afterSteps({AdoptStandIn})},
    {Event::StandInDiscarded, "StandInDiscarded", afterSteps({DeleteStandIn})},
    {Event::Preempted, "Preempted", onRequest()},
    {Event::OperatorRetries, "OperatorRetries", onRequest()},
    {Event::OperatorCloses, "OperatorCloses", onRequest()},
    {Event::OperatorCancels, "OperatorCancels", onRequest()},
    {Event::ClosedUp, "ClosedUp", afterSteps({DeleteStandIn, KeepStandIn})},
}};

static_assert(
    [] {
        for (std::size_t i = 0; i < event_count; ++i) {
            const auto& origin = event_rows[i].origin;
            const bool has_one = !origin.steps.empty() || origin.only.has_value() || origin.is_request;
            if (event_rows[i].event != static_cast<Event>(i) || !has_one) return false;
        }
        return true;
    }(),
    "every event has its row, in the order of Event, and an origin");

}  // namespace

std::string_view nameOf(Event event) {
    return event_rows[static_cast<std::size_t>(event)].name;
}
std::optional<Event> eventFrom(std::string_view name) {
    if (name == "StandInStopped") return Event::StandInFrozen;
    for (const auto& row : event_rows) {
        if (row.name == name) return row.event;
    }
    return std::nullopt;
}
const EventOrigin& originOf(Event event) {
    return event_rows[static_cast<std::size_t>(event)].origin;
}

}  // namespace standin::domain
