#pragma once

#include <string>

#include "coordinator/domain/job_watch.hpp"
#include "coordinator/engine/drivers.hpp"

namespace standin::engine {

/// A probe of a job on its server. The request holder's back leg, which is with the stand-in, is lent to the server for
/// it.
struct JobQuestion {
    domain::Server server;
    protocol::SegmentOrder never_ordered;  ///< the order in force while the switch has no record
    protocol::CommandStamp lends;
    protocol::CommandStamp gives_back;
    std::chrono::milliseconds patience{};  ///< for each agent, each time it is asked
};

struct JobTestimony {
    domain::JobAnswer answer = domain::JobAnswer::NotAsked;
    std::string problem;   ///< why the job did not answer, or could not be probed
    bool deposed = false;  ///< the switch's agent obeys a newer coordinator
};

/// A working job answers within this time.
inline constexpr std::chrono::milliseconds questioned_for{5000};

/// Runs on a thread of the executor. Silence counts only if the back leg led to the server from before the probe until
/// after it.
JobTestimony askServer(const Drivers& drivers, const JobQuestion& question);

}  // namespace standin::engine
