#include "coordinator/engine/steps/steps.hpp"

namespace standin::engine {

StepReport perform(const StepContext& context) {
    using namespace steps;
    using enum domain::StepName;
    switch (context.request.id.name) {
        // clang-format off
        case FencePort: return fencePort(context);
        case FencePower: return fencePower(context);
        case ResumeStandIn: return resumeStandIn(context);
        case ReviveStandIn: return reviveStandIn(context);
        case GiveSegment: return giveSegment(context);
        case LeaseSpare: break;  // carried out by the engine's own thread: the lease is in the journal
        case PowerOffSpare: return powerOffSpare(context);
        case ReleaseSpare: return releaseSpare(context);
        case RestoreSpare: return restoreSpare(context);
        case IsolateSpare: return isolateSpare(context);
        case StartSpare: return startSpare(context);
        case ProbeSpare: return probeSpare(context);
        case HoldRequests: return holdRequests(context);
        case DrainStandIn: return drainStandIn(context);
        case FreezeStandIn: return freezeStandIn(context);
        case StopStandIn: return stopStandIn(context);
        case ReleaseHeld: return releaseHeld(context);
        case GiveSegmentToSpare: return giveSegmentToSpare(context);
        case RetireHolder: return retireHolder(context);
        case RetireStandIn: return retireStandIn(context);
        case ReturnRequests: return returnRequests(context);
        case GrowStandIn: return growStandIn(context);
        case PowerOffFailedSpare: return powerOffFailedSpare(context);
        case CheckCapacity: return checkCapacity(context);
        case MakeStandIn: return makeStandIn(context);
        case IsolateStandIn: return isolateStandIn(context);
        case StartStandIn: return startStandIn(context);
        case ProbeStandIn: return probeStandIn(context);
        case SuspendStandIn: return suspendStandIn(context);
        case AdoptStandIn: return adoptStandIn(context);
        case DeleteStandIn: return deleteStandIn(context);
        case DeleteOldStandIn: return deleteOldStandIn(context);
        case KeepStandIn: return keepStandIn(context);
        case ClearSegment: return clearSegment(context);
        case StopServer: return stopServer(context);
        case CaptureImage: return captureImage(context);
        case StartServer: return startServer(context);
        case CompareImages: return compareImages(context);
        case DiscardImage: return discardImage(context);
        case TellOperator: return tellOperator(context);
            // clang-format on
    }
    STANDIN_ASSERT(!"every step has its carrier");
    return {};
}

}  // namespace standin::engine
