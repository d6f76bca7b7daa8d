#include "coordinator/domain/state.hpp"

#include "coordinator/domain/named.hpp"

namespace standin::domain {

namespace {

constexpr Names<OperationKind, 5> kinds{{
    {OperationKind::Prepare, "prepare"},
    {OperationKind::Refresh, "refresh"},
    {OperationKind::Backup, "backup"},
    {OperationKind::Failover, "failover"},
    {OperationKind::Unset, "unset"},
}};

constexpr Names<State, 36> states{{
    {State::Opened, "Opened"},
    {State::TakingOver, "TakingOver"},
    {State::GivingSegment, "GivingSegment"},
    {State::PreparingSpare, "PreparingSpare"},
    {State::StartingSpare, "StartingSpare"},
    {State::HoldingRequests, "HoldingRequests"},
    {State::DrainingStandIn, "DrainingStandIn"},
    {State::FreezingStandIn, "FreezingStandIn"},
    {State::ReleasingRequests, "ReleasingRequests"},
    {State::GivingSegmentToSpare, "GivingSegmentToSpare"},
    {State::ReturningRequests, "ReturningRequests"},
    {State::LeavingSpare, "LeavingSpare"},
    {State::ColdPreparingSpare, "ColdPreparingSpare"},
    {State::ColdStartingSpare, "ColdStartingSpare"},
    {State::ColdGivingSegment, "ColdGivingSegment"},
    {State::ColdLeavingSpare, "ColdLeavingSpare"},
    {State::Settling, "Settling"},
    {State::Closing, "Closing"},
    {State::StoppingServer, "StoppingServer"},
    {State::CapturingImage, "CapturingImage"},
    {State::StartingServer, "StartingServer"},
    {State::ComparingImages, "ComparingImages"},
    {State::DiscardingImage, "DiscardingImage"},
    {State::CheckingCapacity, "CheckingCapacity"},
    {State::RemovingOldStandIn, "RemovingOldStandIn"},
    {State::MakingStandIn, "MakingStandIn"},
    {State::ProvingStandIn, "ProvingStandIn"},
    {State::SuspendingStandIn, "SuspendingStandIn"},
    {State::AdoptingStandIn, "AdoptingStandIn"},
    {State::RemovingReplacedStandIn, "RemovingReplacedStandIn"},
    {State::DiscardingStandIn, "DiscardingStandIn"},
    {State::RestartingServer, "RestartingServer"},
    {State::Succeeded, "Succeeded"},
    {State::Failed, "Failed"},
    {State::NeedsOperator, "NeedsOperator"},
    {State::Closed, "Closed"},
}};

constexpr Names<Event, 50> events{{
    {Event::Begins, "Begins"},
    {Event::StandInReady, "StandInReady"},
    {Event::StandInUnusable, "StandInUnusable"},
    {Event::FenceFailed, "FenceFailed"},
    {Event::SegmentGiven, "SegmentGiven"},
    {Event::SegmentRefused, "SegmentRefused"},
    {Event::SparePrepared, "SparePrepared"},
    {Event::SpareAnswers, "SpareAnswers"},
    {Event::SpareFailed, "SpareFailed"},
    {Event::NoSpareLeft, "NoSpareLeft"},
    {Event::RequestsHeld, "RequestsHeld"},
    {Event::StandInDrained, "StandInDrained"},
    {Event::StandInLost, "StandInLost"},
    {Event::StandInFrozen, "StandInFrozen"},
    {Event::StandInBusy, "StandInBusy"},
    {Event::HeldReleased, "HeldReleased"},
    {Event::NothingDelivered, "NothingDelivered"},
    {Event::HolderLost, "HolderLost"},
    {Event::HandoverFailed, "HandoverFailed"},
    {Event::RequestsReturned, "RequestsReturned"},
    {Event::HandoversExhausted, "HandoversExhausted"},
    {Event::ReturnFailed, "ReturnFailed"},
    {Event::SpareOwnsSegment, "SpareOwnsSegment"},
    {Event::FurtherSpare, "FurtherSpare"},
    {Event::Settled, "Settled"},
    {Event::CaptureRefused, "CaptureRefused"},
    {Event::ServerStopped, "ServerStopped"},
    {Event::ServerNotStopped, "ServerNotStopped"},
    {Event::ImageCaptured, "ImageCaptured"},
    {Event::CaptureFailed, "CaptureFailed"},
    {Event::ServerStarted, "ServerStarted"},
    {Event::ServerNotStarted, "ServerNotStarted"},
    {Event::ImageDiffers, "ImageDiffers"},
    {Event::NoDifference, "NoDifference"},
    {Event::ComparisonFailed, "ComparisonFailed"},
    {Event::ImageDiscarded, "ImageDiscarded"},
    {Event::CapacityThere, "CapacityThere"},
    {Event::CapacityForOne, "CapacityForOne"},
    {Event::CapacityLacks, "CapacityLacks"},
    {Event::OldStandInRemoved, "OldStandInRemoved"},
    {Event::StandInMade, "StandInMade"},
    {Event::StandInAnswers, "StandInAnswers"},
    {Event::StandInSuspended, "StandInSuspended"},
    {Event::StandInFailed, "StandInFailed"},
    {Event::StandInAdopted, "StandInAdopted"},
    {Event::StandInDiscarded, "StandInDiscarded"},
    {Event::Preempted, "Preempted"},
    {Event::OperatorRetries, "OperatorRetries"},
    {Event::OperatorCloses, "OperatorCloses"},
    {Event::ClosedUp, "ClosedUp"},
}};

constexpr Names<State, 36> descriptions{{
    {State::Opened, "The operation is durable and nothing was done yet."},
    {State::TakingOver,
     "The server has failed. Its switch port is taken off the segment, its power is cut and read back, and "
     "the stand-in is resumed in quarantine and probed until it answers: all three beside each other "
     "(S182, S188). Nobody owns the segment."},
    {State::GivingSegment,
     "The server is fenced as its policy demands and the stand-in answers: the segment's owner becomes the "
     "stand-in and the neighbours are told (S191)."},
    {State::PreparingSpare,
     "The stand-in executes the job. The spare is leased, its power is confirmed as off, it leaves the VM "
     "host's resources, the image is restored to its disk and its port is put into a quarantine of its own "
     "(S184, S189)."},
    {State::StartingSpare,
     "The stand-in executes the job. The spare starts from its own disk in quarantine until its job "
     "answers a probe (S222, S250)."},
    {State::HoldingRequests,
     "The spare answers. New requests are led to the request holder, which keeps them in order; the "
     "stand-in keeps the connections it has (S223)."},
    {State::DrainingStandIn, "New requests are held; the stand-in finishes every request that it has (S224-S225)."},
    {State::FreezingStandIn,
     "The stand-in has no request left; it is suspended, which takes milliseconds and is as certain as a stop. It is "
     "shut down in order after the end, in its quarantine, and its disk is kept until the failover is closed "
     "(S256-S257)."},
    {State::ReleasingRequests,
     "The held requests go to the spare in the order of their arrival; those that still arrive queue "
     "behind them (S227). A spare that takes none of them has not begun the job: they go back to the stand-in, which "
     "is resumed."},
    {State::GivingSegmentToSpare,
     "Nothing is held any more: the segment's owner becomes the spare. Connections that go through the "
     "holder go on (S228)."},
    {State::ReturningRequests,
     "The handover cannot go on, for instance because the stand-in did not finish its requests in time. "
     "The stand-in is resumed if it was suspended. The held requests go to it in order, those that still arrive queue "
     "behind them; when nothing is held "
     "any more the segment's owner becomes the stand-in. Nothing is lost, and the handover is tried again."},
    {State::LeavingSpare,
     "The spare could not be prepared. The stand-in, which goes on executing the job, gets more memory, "
     "CPUs and weight (S226); the spare is powered off and that is confirmed (S230). Then a further spare "
     "of the pool is tried."},
    {State::ColdPreparingSpare,
     "There is no stand-in, or it does not answer (S192). The job stands still: the image is restored to "
     "the spare at once (S185), beside the fences."},
    {State::ColdStartingSpare,
     "The spare starts from its own disk in quarantine until its job answers a probe (S186). The job "
     "stands still."},
    {State::ColdGivingSegment,
     "The spare answers. As soon as the server is fenced as its policy demands, the segment's owner "
     "becomes the spare (S187)."},
    {State::ColdLeavingSpare,
     "The spare could not be prepared and there is no stand-in: it is powered off and that is confirmed, "
     "then a further spare of the pool is tried. The job stands still."},
    {State::Settling,
     "The spare executes the job. What is left is the power fence. Beside the end, the stand-in is shut down in "
     "order in its quarantine, and connections that still go through the request holder go on until they end by "
     "themselves or are an hour old."},
    {State::Closing,
     "The operator has closed the failover: the stand-in is deleted and spares that failed are given back."},
    {State::StoppingServer,
     "The server is brought to rest for the capture of its disk: powered off and read back, or only "
     "confirmed to be off, as `capture: way` says (S142)."},
    {State::CapturingImage, "The server's disk becomes an image in the image store (S143, S156)."},
    {State::StartingServer, "The image is captured; the server is started again (S157)."},
    {State::ComparingImages, "The new image is compared with the one the stand-in was made from (S144)."},
    {State::DiscardingImage,
     "There is no difference: the new image is not kept and the stand-in stays as it is (S144)."},
    {State::CheckingCapacity,
     "Memory, CPUs, disk and the number of stand-ins that may have to run at once are checked before "
     "anything is made (S116)."},
    {State::RemovingOldStandIn,
     "The VM host has room for one stand-in only: the old one is deleted first, the patent's order "
     "(S160-S161). The server is without a stand-in until the new one is ready, and the operator is told."},
    {State::MakingStandIn, "The stand-in is defined and made from the image (S117-S121)."},
    {State::ProvingStandIn,
     "The stand-in is started in quarantine and its job is probed until it answers (S122-S123)."},
    {State::SuspendingStandIn, "The stand-in answered; it is suspended and that is confirmed (S124)."},
    {State::AdoptingStandIn,
     "The segment learns the new stand-in as the server's; then the spare table says `standin_ready` "
     "(S125-S127)."},
    {State::RemovingReplacedStandIn, "The new stand-in is in service; the one it replaced is deleted."},
    {State::DiscardingStandIn,
     "The stand-in could not be made or proved: it is deleted. One that was in service before stays in "
     "service (S128-S131, S170-S175)."},
    {State::RestartingServer, "The capture failed; the server is started again in any case."},
    {State::Succeeded,
     "The operation has ended as it was asked for. A failover stays open, and holds its server, until an "
     "operator closes it."},
    {State::Failed,
     "The operation has ended abnormally and says why; the state is stable. After a failover the stand-in "
     "goes on executing the job (S231). Prepare and refresh have left the stand-in that was in service as "
     "it was."},
    {State::NeedsOperator,
     "Nothing more can be done safely without a person. The operation says why and what to do; `retry` "
     "goes on from there."},
    {State::Closed, "The failover is closed; its server can be protected again."},
}};

}  // namespace

std::string_view nameOf(OperationKind kind) {
    return nameIn(kinds, kind);
}
std::optional<OperationKind> operationKindFrom(std::string_view name) {
    return valueIn(kinds, name);
}
std::string_view nameOf(State state) {
    return nameIn(states, state);
}
std::optional<State> stateFrom(std::string_view name) {
    if (name == "StoppingStandIn") return State::FreezingStandIn;  // once it was stopped there
    return valueIn(states, name);
}
std::string_view describe(State state) {
    return nameIn(descriptions, state);
}
std::string_view nameOf(Event event) {
    return nameIn(events, event);
}
std::optional<Event> eventFrom(std::string_view name) {
    if (name == "StandInStopped") return Event::StandInFrozen;
    return valueIn(events, name);
}

}  // namespace standin::domain
