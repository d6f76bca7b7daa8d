#pragma once

#include <optional>
#include <vector>

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// Why a failover rests and needs the operator, where that may pass by itself: what has to be so before it is tried
/// again.
struct Obstacle {
    enum class Power {
        Any,
        NotOn,  ///< it was read as off: who has switched it on since may be bringing the job back to it
        Off     ///< without that the job may go to nobody
    };
    std::vector<base::AgentName> silent;  ///< agents that have to answer again
    Power power = Power::Any;             ///< the failed server's
    bool unseen = false;                  ///< the VM host has to be sure of the stand-in's connections
    bool operator==(const Obstacle&) const = default;
};

/// Nothing: it does not need the operator, or it needs a person.
std::optional<Obstacle> obstacleOf(const Operation& failover, const Server& server);

}  // namespace standin::domain
