#pragma once

#include <functional>

#include "coordinator/engine/steps/step_context.hpp"

namespace standin::engine::steps {

// Power commands. Power devices know no epochs: they obey a deposed coordinator, too. So the agent of the machine's
// switch, which every leading coordinator commands, is asked immediately before, and again if this coordinator was
// paused before it had the answer. StaleEpoch: nothing was switched.

/// Switches a machine off or on and reads that back, for a machine that another coordinator may use by now. An agent
/// that does not answer is an error: without its switch the machine cannot be used anyway.
base::Result<void> switchOff(const StepContext& context, const drivers::PowerLadder& ladder,
                             const base::AgentName& switch_agent);
/// Requests an orderly shutdown from the machine's own system; the machine is not off yet. Unsupported: none of its
/// power devices can do that.
base::Result<void> askToShutDown(const StepContext& context, const drivers::PowerLadder& ladder,
                                 const base::AgentName& switch_agent);
base::Result<void> switchOn(const StepContext& context, const drivers::PowerLadder& ladder,
                            const base::AgentName& switch_agent,
                            const std::function<base::Result<void>()>& before = {});

/// The power fence. It continues if the switch's agent does not answer (the first attempt, directly after the failure,
/// waits only a moment), because power is then the only fence left.
base::Result<void> fenceByPower(const StepContext& context);

}  // namespace standin::engine::steps
