#pragma once

#include "coordinator/engine/steps/step_context.hpp"

namespace standin::engine::steps {

// The effects: one function for each domain::StepName. Each observes, acts and observes, and may be repeated.

StepReport askPort(const StepContext& context);
StepReport askJob(const StepContext& context);
StepReport askPower(const StepContext& context);
StepReport wakeStandIn(const StepContext& context);
StepReport restStandIn(const StepContext& context);

StepReport fencePort(const StepContext& context);
StepReport fencePower(const StepContext& context);
StepReport resumeStandIn(const StepContext& context);
StepReport reviveStandIn(const StepContext& context);
StepReport giveSegment(const StepContext& context);

StepReport unfencePort(const StepContext& context);

StepReport powerOffSpare(const StepContext& context);
StepReport releaseSpare(const StepContext& context);
StepReport restoreSpare(const StepContext& context);
StepReport isolateSpare(const StepContext& context);
StepReport startSpare(const StepContext& context);
StepReport probeSpare(const StepContext& context);
StepReport powerOffFailedSpare(const StepContext& context);

StepReport holdRequests(const StepContext& context);
StepReport drainStandIn(const StepContext& context);
StepReport freezeStandIn(const StepContext& context);
StepReport stopStandIn(const StepContext& context);
StepReport releaseHeld(const StepContext& context);
StepReport giveSegmentToSpare(const StepContext& context);
StepReport retireHolder(const StepContext& context);
StepReport retireStandIn(const StepContext& context);
StepReport returnRequests(const StepContext& context);
StepReport growStandIn(const StepContext& context);

StepReport checkCapacity(const StepContext& context);
StepReport makeStandIn(const StepContext& context);
StepReport startStandIn(const StepContext& context);
StepReport isolateStandIn(const StepContext& context);
StepReport probeStandIn(const StepContext& context);
StepReport suspendStandIn(const StepContext& context);
StepReport adoptStandIn(const StepContext& context);
StepReport deleteStandIn(const StepContext& context);
StepReport deleteOldStandIn(const StepContext& context);
StepReport keepStandIn(const StepContext& context);

StepReport clearSegment(const StepContext& context);

StepReport stopServer(const StepContext& context);
StepReport captureImage(const StepContext& context);
StepReport startServer(const StepContext& context);
StepReport compareImages(const StepContext& context);
StepReport discardImage(const StepContext& context);

StepReport tellOperator(const StepContext& context);

}  // namespace standin::engine::steps
