#pragma once

#include <optional>
#include <string_view>

#include "agent/base/identifier.hpp"

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
    bool operator==(const Placement&) const = default;
};

std::string_view nameOf(Placement::On on);
std::optional<Placement::On> placementFrom(std::string_view name);

}  // namespace standin::domain
