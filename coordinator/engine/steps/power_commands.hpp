#pragma once

#include <functional>

#include "coordinator/engine/steps/step_context.hpp"

namespace standin::engine::steps {

// Power devices know no epochs: they obey a deposed coordinator, too. So the agent of the machine's switch, which every
// coordinator that leads commands, is asked immediately before; and again where this coordinator stood still before it
// had the answer. StaleEpoch: nothing was switched.

/// Off and on, read back, for a machine that may have been given other work by another coordinator. An agent that does
/// not answer is an error: without its switch the machine is of no use anyway.
base::Result<void> switchOff(const StepContext& context, const drivers::PowerLadder& ladder,
                             const base::AgentName& switch_agent);
/// Asks the machine's own system to shut down; it is not off yet. Unsupported: nothing of its ladder can.
base::Result<void> askToShutDown(const StepContext& context, const drivers::PowerLadder& ladder,
                                 const base::AgentName& switch_agent);
base::Result<void> switchOn(const StepContext& context, const drivers::PowerLadder& ladder,
                            const base::AgentName& switch_agent,
                            const std::function<base::Result<void>()>& before = {});

/// The power fence. The first attempt follows the failure at once and asks nobody; a later one does, but goes on where
/// the switch's agent does not answer: then power is the only fence that is left.
base::Result<void> fenceByPower(const StepContext& context);

}  // namespace standin::engine::steps
