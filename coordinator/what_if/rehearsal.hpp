#pragma once

#include <optional>

#include "agent/base/result.hpp"
#include "coordinator/what_if/durations.hpp"
#include "coordinator/what_if/situation.hpp"

namespace standin::what_if {

struct PlannedStep {
    domain::StepId id;
    double start_ms = 0;   ///< since the failure, as the rehearsal went
    Expectation expected;  ///< duration
    domain::StepState outcome{};
    std::string message;  ///< of a step that would not succeed
};

/// The expected course for one failed server.
struct PlannedFailover {
    base::ServerName server;
    bool begins = false;
    std::string why;  ///< why nothing begins; otherwise why it ends as it does
    std::string cure;
    domain::State ends = domain::State::Closed;
    std::string runs_on;                ///< at the end: `stand-in server01-3`, `spare spare01`; empty: none
    std::optional<double> job_back_ms;  ///< until the segment has its new owner
    std::optional<double> ends_ms;      ///< until nothing more is done
    std::vector<PlannedStep> steps;     ///< in the order of their start
};

struct HostLeft {
    base::AgentName name;
    bool fails = false;
    std::optional<protocol::Capacity> capacity;  ///< absent: the agent does not answer
    unsigned stand_ins_running = 0;              ///< at the end
    std::uint64_t memory_running_mib = 0;        ///< of those, as large as they may grow
};

struct Plan {
    std::vector<PlannedFailover> failovers;
    std::vector<base::ServerName> without;           ///< their jobs are down at the end
    std::vector<base::ServerName> without_stand_in;  ///< that had a ready stand-in, and have none at the end
    std::vector<base::SpareName> spares_left;        ///< not leased, and not failed
    std::vector<HostLeft> hosts;
    std::vector<std::string> remarks;  ///< omissions and assumptions of the plan
};

/// Plays the failures to the shipping engine in the simulated world. `server`: the one that is asked about; empty: only
/// the machines in `failures`. NotFound: a name that is not configured; WrongState: an operation of the server is under
/// way.
base::Result<Plan> rehearse(const Situation& situation, const base::ServerName& server, const Failures& failures);

}  // namespace standin::what_if
