#pragma once

#include <string>
#include <vector>

#include "coordinator/config/configuration.hpp"
#include "coordinator/config/configuration_reader.hpp"
#include "coordinator/traps/classify.hpp"
#include "coordinator/traps/trap_file.hpp"
#include "coordinator/traps/trap_listener.hpp"

/// What of a configuration the explanation of traps needs: the daemon and standinctl read it by the same code.
namespace standin {

/// Which traps may concern which server. Conflict: two servers claim the same address or identity.
base::Result<traps::ServerDirectory> trapServersFrom(const config::Configuration& configuration);

/// The communities in their files. Conflict: two files have the same.
base::Result<std::vector<traps::Community>> communitiesFrom(const config::Configuration& configuration);

/// The SNMP users with the secrets in their files.
base::Result<std::vector<traps::SnmpUser>> snmpUsersFrom(const config::Configuration& configuration);

/// What a datagram of SNMPv3 is read with; the coordinator need not have run.
base::Result<traps::SnmpKeys> snmpKeysFrom(const config::Configuration& configuration);

/// Where the coordinator keeps its SNMP engine's id.
std::string engineStateFileOf(const config::Configuration& configuration);

/// What is wrong with a file of trap rules, a line each; empty: nothing.
std::vector<std::string> ruleProblems(const std::string& path);

/// How the rules for failures of a file find their servers.
config::Surroundings::Lookups ruleLookups(const std::string& path);

/// The lines that are neither empty nor begin with `#`.
std::vector<std::string> linesOf(const std::string& text);

}  // namespace standin
