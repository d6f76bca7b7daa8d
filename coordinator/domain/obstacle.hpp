#pragma once

#include <optional>
#include <vector>

#include "coordinator/domain/operation.hpp"

namespace standin::domain {

/// Why a failover rests in NeedsOperator although the cause may pass without a person: the conditions for its automatic
/// retry.
struct Obstacle {
    enum class Power {
        Any,
        NotOn,  ///< it was read as off: a person who has switched it on since may be returning the job to it
        Off     ///< otherwise no machine may get the job
    };
    std::vector<base::AgentName> silent;  ///< agents that have to answer
    Power power = Power::Any;             ///< the failed server's
    bool unseen = false;                  ///< the VM host has to know all of the stand-in's connections
    bool operator==(const Obstacle&) const = default;
};

/// Nullopt: the failover does not rest in NeedsOperator, or it needs a person.
std::optional<Obstacle> obstacleOf(const Operation& failover, const Server& server);

}  // namespace standin::domain
