#pragma once

#include "coordinator/simulation/script.hpp"
#include "coordinator/simulation/simulation.hpp"

namespace standin::simulation {

/// A small world and what happens in it: from a server's failure to a stable end, with faults of every kind on the way.
struct Incident {
    std::uint64_t seed = 0;
    Layout layout;
    Script script;
};

/// The same incident for the same seed, for ever: what changes here makes the seeds of earlier findings worthless.
Incident incidentOf(std::uint64_t seed);

WorldConfig configOf(const Incident& incident);

/// How long an incident may take at most. Every fault that ends has ended within the first minutes; what comes after
/// them are the patiences of the steps (the longest is ten minutes) one after the other.
constexpr VirtualTime liveness_within = std::chrono::hours(2);

/// What came of an incident.
struct OperationProgress {
    std::vector<Breach> breaches;                 ///< in order; empty: no rule was broken
    std::vector<std::string> log;                 ///< if it was wanted
    std::map<std::string, std::uint64_t> counts;  ///< `ended Succeeded`, `requests answered`…
};
OperationProgress play(const Incident& incident, Simulation::Log log = Simulation::Log::Off);

/// What the log of a seed's incident comes to: `7 1234 0123456789abcdef` (seed, lines, FNV-1a of all of them).
std::string digestLine(std::uint64_t seed);

}  // namespace standin::simulation
