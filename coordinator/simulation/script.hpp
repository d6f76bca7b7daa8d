#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"
#include "coordinator/simulation/virtual_time.hpp"

namespace standin::simulation {

/// When an action of a script is due: at a moment, or when something happens for the n-th time.
///
/// What happens: a command had its effect (`segment.set`, or of one subject `segment.set/job01`), a record of the
/// journal became durable (`record`), an operation came into a state (`state/GivingSegment`), a trap arrived (`trap`).
struct When {
    std::optional<VirtualTime> time;  ///< otherwise `what` counts
    std::string what;
    unsigned nth = 1;
    bool before = false;  ///< before it has its effect, which it has not if the coordinator is killed there
    VirtualTime later{};  ///< so long after it
    bool operator==(const When&) const = default;
};

/// One thing that a script does to the world, to a coordinator, or in an operator's name. actions.hpp lists the verbs.
struct Action {
    When when;
    std::string verb;
    std::vector<std::string> arguments;
    std::map<std::string, std::string> options;
    bool operator==(const Action&) const = default;
};

using Script = std::vector<Action>;

/// `at 1.5s: fail server01 kind=processor`, `at segment.set/job01 #2 +50ms: kill`, `before record #7: kill`.
std::string text(const Action& action);
/// The same, a line for each.
std::string text(const Script& script);
/// Reads what text() wrote. InvalidInput with what is wrong.
base::Result<Action> actionFrom(std::string_view line);
/// Empty lines and those that begin with `#` are skipped. InvalidInput with the line's number.
base::Result<Script> scriptFrom(std::string_view text);

/// `1.5s`, `250ms`, `10us`, `2min`: printed by the largest unit that leaves no fraction.
std::string durationText(VirtualTime duration);
std::optional<VirtualTime> durationFrom(std::string_view text);

}  // namespace standin::simulation
