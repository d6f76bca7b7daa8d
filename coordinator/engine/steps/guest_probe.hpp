#pragma once

#include "coordinator/engine/steps/step_context.hpp"

namespace standin::engine::steps {

/// The result of probing a stand-in's job.
struct GuestProbe {
    base::Result<protocol::ProbeAnswer> answer;  ///< an error: the holder could not be asked
    std::string stopped;  ///< why the stand-in does not execute, according to its VM host; its answer is then not
                          ///< awaited; empty otherwise
};

/// Probes the job behind the holder's back leg until it answers or `patience` has passed. In between, the VM host is
/// asked whether the stand-in still executes, so a stand-in that has stopped is detected quickly. An agent that does
/// not answer, or does not know, is no evidence against the stand-in (rule 6).
GuestProbe probeGuest(const StepContext& context, const base::StandInName& stand_in,
                      std::chrono::milliseconds patience);

/// Why the stand-in does not execute, according to its VM host; empty: it executes, is about to, or that is not known.
std::string whyStopped(const StepContext& context, const base::StandInName& stand_in);

}  // namespace standin::engine::steps
