#include "coordinator/domain/state.hpp"

#include <array>

#include "coordinator/domain/named.hpp"

namespace standin::domain {

using enum StepName;

namespace {

constexpr Names<OperationKind, 5> kinds{{
    {OperationKind::Prepare, "prepare"},
    {OperationKind::Refresh, "refresh"},
    {OperationKind::Backup, "backup"},
    {OperationKind::Failover, "failover"},
    {OperationKind::Unset, "unset"},
}};

struct StateRow {
    State state{};
    std::string_view name;
    Phase phase{};
    StepSet steps;  ///< beside TellOperator, which every state wants that has something to report
    std::string_view meaning;
};

constexpr std::array<StateRow, state_count> state_rows{{
    {State::Opened, "Opened", Phase::Ends, {}, "The operation is durable; nothing was done yet."},
    {State::Verifying,
     "Verifying",
     Phase::Takeover,
     {AskPort, AskJob, AskPower, WakeStandIn},
     "A failure was reported, which is a claim. The job is asked on its segment, the switch about the server's port, "
     "and "
     "the server's devices about its power, while the stand-in resumes in quarantine. Nothing is fenced."},
    {State::StandingDown,
     "StandingDown",
     Phase::Takeover,
     {RestStandIn},
     "The evidence has refuted the failure. The server goes on executing its job, nothing was fenced, and the stand-in "
     "is "
     "suspended again."},
    {State::TakingOver,
     "TakingOver",
     Phase::Takeover,
     {AskPort, AskPower, FencePort, FencePower, ResumeStandIn},
     "The failure is confirmed. The server's switch port is taken off the segment, its power is cut and read back, and "
     "the "
     "stand-in is resumed in quarantine and probed until it answers: all three beside each other (S182, S188). Nobody "
     "owns the segment."},
    {State::GivingSegment,
     "GivingSegment",
     Phase::Takeover,
     {FencePower, GiveSegment},
     "The server is fenced as its policy demands and the stand-in answers: the segment's owner becomes the stand-in "
     "and the neighbours are notified (S191)."},
    {State::PreparingSpare,
     "PreparingSpare",
     Phase::Spare,
     {FencePower, LeaseSpare, ReleaseSpare, PowerOffSpare, RestoreSpare, IsolateSpare, ReturnRequests},
     "The stand-in executes the job. The spare is leased, its power is confirmed as off, it leaves the VM host's "
     "resources, the image is restored to its disk and its port is put into a quarantine of its own (S184, S189)."},
    {State::StartingSpare,
     "StartingSpare",
     Phase::Spare,
     {FencePower, StartSpare, ProbeSpare},
     "The stand-in executes the job. The spare starts from its own disk in quarantine until its job answers a probe "
     "(S222, S250)."},
    {State::HoldingRequests,
     "HoldingRequests",
     Phase::Handover,
     {FencePower, HoldRequests},
     "The spare answers. New requests are led to the request holder, which keeps them in order; the stand-in keeps the "
     "connections it has (S223)."},
    {State::DrainingStandIn,
     "DrainingStandIn",
     Phase::Handover,
     {FencePower, DrainStandIn},
     "New requests are held; the stand-in finishes every request that it has (S224-S225)."},
    {State::FreezingStandIn,
     "FreezingStandIn",
     Phase::Handover,
     {FencePower, FreezeStandIn},
     "The stand-in has no request left; it is suspended, which takes milliseconds and is as certain as a stop. It is "
     "shut down in order after the end, in its quarantine, and its disk is kept until the failover is closed "
     "(S256-S257)."},
    {State::ReleasingRequests,
     "ReleasingRequests",
     Phase::Handover,
     {FencePower, ReleaseHeld},
     "The held requests go to the spare in the order of their arrival; those that still arrive queue behind them "
     "(S227). A spare that takes none of them has not begun the job: they go back to the stand-in, which is resumed."},
    {State::GivingSegmentToSpare,
     "GivingSegmentToSpare",
     Phase::Handover,
     {FencePower, GiveSegmentToSpare},
     "Nothing is held any more: the segment's owner becomes the spare. Connections that go through the holder go on "
     "(S228)."},
    {State::ReturningRequests,
     "ReturningRequests",
     Phase::Handover,
     {FencePower, ReturnRequests},
     "The handover cannot go on, for instance because the stand-in did not finish its requests in time. The stand-in "
     "is resumed if it was suspended. The held requests go to it in order, those that still arrive queue behind them; "
     "when nothing is held any more the segment's owner becomes the stand-in. Nothing is lost, and the handover is "
     "tried again."},
    {State::LeavingSpare,
     "LeavingSpare",
     Phase::Spare,
     {FencePower, GrowStandIn, PowerOffFailedSpare},
     "The spare could not be prepared. The stand-in, which goes on executing the job, gets more memory, CPUs and "
     "weight (S226); the spare is powered off and that is confirmed (S230). Then a further spare of the pool is "
     "tried."},
    {State::ColdPreparingSpare,
     "ColdPreparingSpare",
     Phase::Spare,
     {FencePort, FencePower, ReviveStandIn, LeaseSpare, ReleaseSpare, PowerOffSpare, RestoreSpare, IsolateSpare},
     "There is no stand-in, or it does not answer (S192). The job is down: the image is restored to the spare at once "
     "(S185), beside the fences."},
    {State::ColdStartingSpare,
     "ColdStartingSpare",
     Phase::Spare,
     {FencePort, FencePower, ReviveStandIn, IsolateSpare, StartSpare, ProbeSpare},
     "The spare starts from its own disk in quarantine until its job answers a probe (S186). The job is down."},
    {State::ColdGivingSegment,
     "ColdGivingSegment",
     Phase::Spare,
     {FencePort, FencePower, StopStandIn, GiveSegmentToSpare},
     "The spare answers. As soon as the server is fenced as its policy demands, the segment's owner becomes the spare "
     "(S187)."},
    {State::ColdLeavingSpare,
     "ColdLeavingSpare",
     Phase::Spare,
     {FencePort, FencePower, ReviveStandIn, PowerOffFailedSpare},
     "The spare could not be prepared and there is no stand-in: it is powered off and that is confirmed, then a "
     "further spare of the pool is tried. The job is down."},
    {State::Settling,
     "Settling",
     Phase::Handover,
     {FencePower, StopStandIn},
     "The spare executes the job. What is left is the power fence. Beside the end, the stand-in is shut down in order "
     "in its quarantine, and connections that still go through the request holder go on until they end by themselves "
     "or are an hour old."},
    {State::Closing,
     "Closing",
     Phase::Ends,
     {DeleteStandIn, KeepStandIn, RestStandIn},
     "The operator has closed the failover: the stand-in is deleted and spares that failed are given back. Where the "
     "failure was never confirmed, the stand-in is suspended again and stays in service."},
    {State::Cancelling,
     "Cancelling",
     Phase::Cancel,
     {RestStandIn, UnfencePort},
     "An operator has cancelled the failover before it gave the segment. A stand-in that was resumed is suspended "
     "again, "
     "and a server whose port was taken off the segment gets it back. Power that was cut is a reason to refuse: nobody "
     "would execute the job."},
    {State::StoppingServer,
     "StoppingServer",
     Phase::Capture,
     {StopServer},
     "The server is brought to rest for the capture of its disk: powered off and read back, or only confirmed to be "
     "off, as `capture: way` says (S142)."},
    {State::CapturingImage,
     "CapturingImage",
     Phase::Capture,
     {CaptureImage},
     "The server's disk becomes an image in the image store (S143, S156)."},
    {State::StartingServer,
     "StartingServer",
     Phase::Capture,
     {StartServer},
     "The image is captured; the server is started again (S157)."},
    {State::ComparingImages,
     "ComparingImages",
     Phase::Capture,
     {CompareImages},
     "The new image is compared with the one the stand-in was made from (S144)."},
    {State::DiscardingImage,
     "DiscardingImage",
     Phase::Capture,
     {DiscardImage},
     "There is no difference: the new image is not kept and the stand-in stays as it is (S144)."},
    {State::CheckingCapacity,
     "CheckingCapacity",
     Phase::Making,
     {CheckCapacity},
     "Memory, CPUs, disk and the number of stand-ins that may have to run at once are checked before anything is made "
     "(S116)."},
    {State::RemovingOldStandIn,
     "RemovingOldStandIn",
     Phase::Making,
     {DeleteOldStandIn, ClearSegment},
     "The VM host has room for one stand-in only: the old one is deleted first, the patent's order (S160-S161). The "
     "server is without a stand-in until the new one is ready, and a warning says so. When a row is taken out of the "
     "spare table, its stand-in is deleted here and its segment forgets spare and stand-in."},
    {State::MakingStandIn,
     "MakingStandIn",
     Phase::Making,
     {MakeStandIn},
     "The stand-in is defined and made from the image (S117-S121)."},
    {State::ProvingStandIn,
     "ProvingStandIn",
     Phase::Making,
     {StartStandIn, IsolateStandIn, ProbeStandIn},
     "The stand-in is started in quarantine and its job is probed until it answers (S122-S123)."},
    {State::SuspendingStandIn,
     "SuspendingStandIn",
     Phase::Making,
     {SuspendStandIn},
     "The stand-in answered; it is suspended and that is confirmed (S124)."},
    {State::AdoptingStandIn,
     "AdoptingStandIn",
     Phase::Making,
     {AdoptStandIn},
     "The segment's order names the new stand-in as the server's; then the spare table says `standin_ready` "
     "(S125-S127)."},
    {State::RemovingReplacedStandIn,
     "RemovingReplacedStandIn",
     Phase::Making,
     {DeleteOldStandIn},
     "The new stand-in is in service; the one it replaced is deleted."},
    {State::DiscardingStandIn,
     "DiscardingStandIn",
     Phase::Making,
     {DeleteStandIn},
     "The stand-in could not be made or proved: it is deleted. One that was in service before stays in service "
     "(S128-S131, S170-S175)."},
    {State::RestartingServer,
     "RestartingServer",
     Phase::Capture,
     {StartServer},
     "The capture failed; the server is started again in any case."},
    {State::Succeeded,
     "Succeeded",
     Phase::Ends,
     {RetireHolder, RetireStandIn},
     "The operation has done what it was requested for. A failover stays open, and holds its server, until an operator "
     "closes it."},
    {State::Failed,
     "Failed",
     Phase::Ends,
     {},
     "The operation has failed and says why; the state is stable. After a failover the stand-in goes on executing the "
     "job (S231). Prepare and refresh have left the stand-in that was in service as it was."},
    {State::NeedsOperator,
     "NeedsOperator",
     Phase::Ends,
     {AskPort, AskJob, AskPower, WakeStandIn},
     "Nothing more can be done safely without a person. The operation says why and what to do; `retry` continues from "
     "there. Where the failure was not confirmed, evidence is gathered on, and decides as soon as it suffices."},
    {State::Cancelled,
     "Cancelled",
     Phase::Ends,
     {},
     "An operator has cancelled the failover: the server has its segment and executes its job, and the spare is free. "
     "The next report of a failure opens another failover, after the hold-off if one is configured."},
    {State::Closed, "Closed", Phase::Ends, {}, "The failover is closed; its server can be protected again."},
}};

static_assert(
    [] {
        for (std::size_t i = 0; i < state_count; ++i) {
            if (state_rows[i].state != static_cast<State>(i) || state_rows[i].meaning.empty()) return false;
        }
        return true;
    }(),
    "every state has its row, in the order of State");

constexpr const StateRow& rowOf(State state) {
    return state_rows[static_cast<std::size_t>(state)];
}

}  // namespace

std::string_view nameOf(OperationKind kind) {
    return nameIn(kinds, kind);
}
std::optional<OperationKind> operationKindFrom(std::string_view name) {
    return valueIn(kinds, name);
}
std::string_view nameOf(State state) {
    return rowOf(state).name;
}
std::optional<State> stateFrom(std::string_view name) {
    if (name == "StoppingStandIn") return State::FreezingStandIn;  // once it was stopped there
    for (const auto& row : state_rows) {
        if (row.name == name) return row.state;
    }
    return std::nullopt;
}
std::string_view describe(State state) {
    return rowOf(state).meaning;
}
Phase phaseOf(State state) {
    return rowOf(state).phase;
}
StepSet stepsOf(State state) {
    return rowOf(state).steps;
}

}  // namespace standin::domain
