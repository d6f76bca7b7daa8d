#pragma once

#include <string>

#include "coordinator/domain/job_watch.hpp"
#include "coordinator/engine/drivers.hpp"

namespace standin::engine {

/// Does the job answer on its server? The request holder's back leg, which waits with the stand-in, is lent to the
/// server for the question.
struct JobQuestion {
    domain::Server server;
    protocol::SegmentOrder never_ordered;  ///< what is in force as long as the switch has no record
    protocol::CommandStamp lends;
    protocol::CommandStamp gives_back;
    std::chrono::milliseconds patience{};  ///< with each agent, each time it is asked
};

struct JobTestimony {
    domain::JobAnswer answer = domain::JobAnswer::NotAsked;
    std::string problem;   ///< why it did not answer, or could not be asked
    bool deposed = false;  ///< the switch's agent obeys a newer coordinator
};

/// A job that works answers within this time.
inline constexpr std::chrono::milliseconds questioned_for{5000};

/// On a thread of the executor. Silence counts only where the back leg led to the server from before the question until
/// after it.
JobTestimony askServer(const Drivers& drivers, const JobQuestion& question);

}  // namespace standin::engine
