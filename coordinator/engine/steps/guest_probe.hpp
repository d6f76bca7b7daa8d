#pragma once

#include "coordinator/engine/steps/step_context.hpp"

namespace standin::engine::steps {

/// What came of asking a stand-in's job.
struct GuestProbe {
    base::Result<protocol::ProbeAnswer> answer;  ///< an error: the holder could not be asked
    std::string stopped;  ///< its VM host says that it does not execute, and why; nobody waits for its answer then
};

/// Asks the job behind the holder's back leg until it answers or `patience` has passed, and the VM host between whether
/// the stand-in still executes: one that has stopped is known within a moment. An agent that does not answer, or can't
/// say, is no evidence against it (rule 6).
GuestProbe probeGuest(const StepContext& context, const base::StandInName& stand_in,
                      std::chrono::milliseconds patience);

/// Why the stand-in does not execute, as its VM host says; empty where it does, is about to, or that is not known.
std::string whyStopped(const StepContext& context, const base::StandInName& stand_in);

}  // namespace standin::engine::steps
