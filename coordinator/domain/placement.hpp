#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/identifier.hpp"
#include "coordinator/domain/job_writes.hpp"

namespace standin::domain {

/// Who executes a server's job.
struct Placement {
    enum class On {
        Server,  ///< the server itself
        Nobody,  ///< fenced, and nobody has the segment yet
        StandIn,
        Spare
    };
    On on = On::Server;
    base::StandInName stand_in;  ///< with StandIn
    base::SpareName spare;       ///< with Spare
    /// The operator who is bringing the job back to the server; empty: nobody. The intent is durable before the segment
    /// is ordered to be the server's, and goes when that is known to be so, or never to come.
    std::string brought_back_by{};
    /// Of a job whose data are local: the disks that have writes of it which are nowhere else.
    std::vector<HeldWrites> writes{};
    bool operator==(const Placement&) const = default;
};

std::string_view nameOf(Placement::On on);
std::optional<Placement::On> placementFrom(std::string_view name);

}  // namespace standin::domain
