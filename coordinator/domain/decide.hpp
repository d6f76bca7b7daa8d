#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/domain/operation.hpp"
#include "coordinator/domain/server.hpp"

namespace standin::domain {

/// What decide() has to know of the world besides the operation. Everything else is in the operation's steps, each of
/// which has observed its own part of the world.
struct Observation {
    Server server;
    /// Spares that this server's failover may use now, in order: its row's own, then free ones of the pool.
    std::vector<base::SpareName> spares;
    /// Spares leased to this operation. A spare that is not among them is not written (rule 5).
    std::vector<base::SpareName> leased;
    /// Its image store restores so many at a time; this operation's spare is among them, or comes next.
    bool restore_turn = true;
    /// Another operation has commanded the server's power on, and what comes of it is not known yet: a power that is
    /// read back as off now may be on in a moment (rule 6).
    bool power_on_under_way = false;
    std::chrono::milliseconds spare_boot_within{120000};
    std::chrono::milliseconds spare_power_within{20000};
    CaptureWay capture_way = CaptureWay::Restart;
    /// Of the servers whose disks go to one image store, so many are off at a time; this one is among them, or is next.
    bool capture_turn = true;
    /// Another server of the rack is in this failover: no further one is switched off. Empty: none is.
    std::string rack_failover;
};

/// A step to be started, or a long one to be asked after.
struct StepRequest {
    StepId id;
    unsigned attempt = 0;  ///< from 1
    bool poll = false;     ///< it was begun before; no new intent is needed
    StepLimits limits;
};

/// Steps are due. They do not depend on each other.
struct Start {
    std::vector<StepRequest> steps;
    std::optional<base::WallTime> next{};  ///< when something else is due, even if no outcome arrives before
};
/// Nothing is due before `until` (none: before an outcome arrives).
struct Wait {
    std::optional<base::WallTime> until;
    std::string why;
};
struct Succeeded {};
/// Prepare, refresh and backup: the abnormal end. Failover: the stand-in goes on (S231).
struct Failed {
    std::string why;
};
struct NeedsOperator {
    std::string why;
    std::string cure;
};
/// A closed failover.
struct Closed {};

using Action = std::variant<Start, Wait, Succeeded, Failed, NeedsOperator, Closed>;

struct Verdict {
    std::vector<Change> changes;  ///< in order; empty: the state stays
    Action action;
};

struct Decision : Verdict {
    Operation after;  ///< the operation with its new state, spare and notes; steps to start are marked Running
};

/// Decides what comes next. Pure: the same arguments give the same answer, and asking again without anything new gives
/// Wait or the same end. `operation` may be in any state, with steps in any progress; it becomes Decision::after.
Decision decide(Operation operation, const Observation& observation, base::WallTime now);

/// The same; the operation itself becomes what Decision::after would be.
Verdict decideOn(Operation& operation, const Observation& observation, base::WallTime now);

/// An event from outside: Preempted, OperatorRetries, OperatorCloses. Nothing if the state has no row for it.
std::optional<Decision> accept(const Operation& operation, Event event, const std::string& why, base::WallTime now);

/// So long after the handover, connections that still go through the request holder may do so; then they end visibly.
/// An hour is as long as a connection lives with common proxies (nginx: keepalive_time).
inline constexpr std::chrono::minutes proxied_within{60};

/// So long it is tried to ask a server to shut down: whoever is asked has its whole time before the step is given up.
inline std::chrono::milliseconds askWithin(const Server& server) {
    return 3 * server.fence_within;
}

/// How each step is tried.
StepLimits limitsOf(StepName step, const Observation& observation);

/// Which machine, stand-in or image a step of this operation is about; lives as long as the operation stays as it is.
const std::string& subjectOf(const Operation& operation, StepName step);

/// The server is fenced as the policy demands (S182; rules 1, 2 and 6: only what was confirmed counts).
bool isFenced(const Operation& operation, const Server& server);

}  // namespace standin::domain
