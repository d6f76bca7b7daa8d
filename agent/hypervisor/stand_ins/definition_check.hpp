#pragma once

#include "agent/protocol/stand_in.hpp"

namespace standin::hypervisor {

/// What can be said of a definition without looking at the host: InvalidInput for a MAC or IPv4 address that is none.
base::Result<void> checkDefinition(const protocol::StandInDefinition& definition);

/// InvalidInput beyond what the definition allows to grow.
base::Result<void> checkResources(const protocol::StandInResources& resources,
                                  const protocol::StandInDefinition& definition);

}  // namespace standin::hypervisor
