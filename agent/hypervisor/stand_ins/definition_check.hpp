#pragma once

#include "agent/protocol/stand_in.hpp"

namespace standin::hypervisor {

/// Checks a definition without looking at the host. InvalidInput: the MAC or the IPv4 address is not valid.
base::Result<void> checkDefinition(const protocol::StandInDefinition& definition);

/// InvalidInput: beyond the maximum of the definition.
base::Result<void> checkResources(const protocol::StandInResources& resources,
                                  const protocol::StandInDefinition& definition);

}  // namespace standin::hypervisor
