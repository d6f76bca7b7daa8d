#pragma once

#include "agent/base/yaml_reader.hpp"
#include "coordinator/config/configuration.hpp"
#include "coordinator/config/configuration_reader.hpp"

namespace standin::config {

/// Reads `traps`, the rules that it names by their own reader.
TrapSettings readTraps(base::YamlReader reader, const Surroundings& surroundings, base::YamlProblems& problems);

/// What can be said only once the servers are known: nobody speaks for a server that there is not, and no forwarder has
/// a server's address.
void checkTrapServers(const Configuration& configuration, base::YamlReader reader);

}  // namespace standin::config
