#include <array>

#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine {

namespace {

using namespace steps;
using enum domain::StepName;

/// What each step does; the rest about it is in domain/step_descriptors.cpp.
struct Effect {
    domain::StepName step{};
    StepReport (*carryOut)(const StepContext&) = nullptr;
};

constexpr std::array<Effect, domain::step_count> effects{{
    {AskPort, askPort},
    {AskJob, askJob},
    {AskPower, askPower},
    {WakeStandIn, wakeStandIn},
    {RestStandIn, restStandIn},
    {FencePort, fencePort},
    {FencePower, fencePower},
    {ResumeStandIn, resumeStandIn},
    {ReviveStandIn, reviveStandIn},
    {UnfencePort, unfencePort},
    {GiveSegment, giveSegment},
    {LeaseSpare, nullptr},  // carried out by the engine's own thread: the lease is in the journal
    {PowerOffSpare, powerOffSpare},
    {ReleaseSpare, releaseSpare},
    {RestoreSpare, restoreSpare},
    {IsolateSpare, isolateSpare},
    {StartSpare, startSpare},
    {ProbeSpare, probeSpare},
    {HoldRequests, holdRequests},
    {DrainStandIn, drainStandIn},
    {FreezeStandIn, freezeStandIn},
    {StopStandIn, stopStandIn},
    {ReleaseHeld, releaseHeld},
    {GiveSegmentToSpare, giveSegmentToSpare},
    {RetireHolder, retireHolder},
    {RetireStandIn, retireStandIn},
    {ReturnRequests, returnRequests},
    {GrowStandIn, growStandIn},
    {PowerOffFailedSpare, powerOffFailedSpare},
    {CheckCapacity, checkCapacity},
    {MakeStandIn, makeStandIn},
    {IsolateStandIn, isolateStandIn},
    {StartStandIn, startStandIn},
    {ProbeStandIn, probeStandIn},
    {SuspendStandIn, suspendStandIn},
    {AdoptStandIn, adoptStandIn},
    {DeleteStandIn, deleteStandIn},
    {DeleteOldStandIn, deleteOldStandIn},
    {KeepStandIn, keepStandIn},
    {ClearSegment, clearSegment},
    {StopServer, stopServer},
    {CaptureImage, captureImage},
    {StartServer, startServer},
    {CompareImages, compareImages},
    {DiscardImage, discardImage},
    {TellOperator, tellOperator},
}};

static_assert(
    [] {
        for (std::size_t i = 0; i < domain::step_count; ++i) {
            const bool by_engine = effects[i].step == LeaseSpare;
            if (effects[i].step != static_cast<domain::StepName>(i) || (effects[i].carryOut == nullptr) != by_engine)
                return false;
        }
        return true;
    }(),
    "every step has its effect, in the order of StepName");

}  // namespace

StepReport perform(const StepContext& context) {
    const auto& effect = effects[static_cast<std::size_t>(context.request.id.name)];
    STANDIN_ASSERT(effect.carryOut != nullptr);
    return effect.carryOut(context);
}

}  // namespace standin::engine
