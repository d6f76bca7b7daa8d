#pragma once

#include <set>
#include <string>

#include "agent/base/yaml_reader.hpp"
#include "coordinator/config/configuration.hpp"

namespace standin::config {

/// `roles: {viewers, operators, confirmers}`, each a list of certificates' common names. Precondition: finish() is
/// called by the caller.
RoleSettings readRoles(base::YamlReader& reader);

/// Records a problem at each role that is given to an agent: an agent sends the coordinator no
/// requests, and an intruder in one must not command by its certificate.
void refuseAgents(base::YamlReader& reader, const RoleSettings& roles, const std::set<std::string>& agents);

}  // namespace standin::config
