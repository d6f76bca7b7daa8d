#pragma once

#include <string>

#include "agent/switch/segment/switch_fabric.hpp"

/// PURE: a change as one transaction of RFC 7047.
namespace standin::lan_switch {

/// The operations of a change: guards (`wait`) for everything it touches and for the records, then the updates, then
/// the number of the new configuration, which the last operation selects.
protocol::Json operationsFor(const std::string& bridge, const FabricView& view, const FabricChange& change);

/// Makes the database write everything so far to its disk. ovsdb-server does that only with a transaction that changes
/// something.
protocol::Json durabilityOperations(std::int64_t configuration);

/// The number of the configuration that the transaction made, from its results; nullopt if they lack it.
std::optional<std::int64_t> configurationOf(const protocol::Json& results);

}  // namespace standin::lan_switch
