#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/identifier.hpp"
#include "coordinator/domain/job_writes.hpp"

namespace standin::domain {

/// Where a server's job is executed.
struct Placement {
    enum class On {
        Server,  ///< the server itself
        Nobody,  ///< the server is fenced, and no machine has the segment yet
        StandIn,
        Spare
    };
    On on = On::Server;
    base::StandInName stand_in;  ///< with StandIn
    base::SpareName spare;       ///< with Spare
    /// The operator who is returning the job to the server; empty: there is no return. The intent is durable before the
    /// segment is ordered for the server. It is removed once the server is known to have the segment, or to never get
    /// it.
    std::string brought_back_by{};
    /// For a job with local data: the disks with writes of it that no other disk has.
    std::vector<HeldWrites> writes{};
    bool operator==(const Placement&) const = default;
};

std::string_view nameOf(Placement::On on);
std::optional<Placement::On> placementFrom(std::string_view name);

}  // namespace standin::domain
