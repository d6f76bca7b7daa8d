#include "coordinator/config/role_reader.hpp"

#include <fmt/format.h>

#include "agent/base/certificate_names.hpp"

namespace standin::config {

namespace {

void refuse(base::YamlReader& reader, const char* role, const std::vector<std::string>& names,
            const std::set<std::string>& agents) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (agents.count(names[i]) == 0) continue;
        reader.problem(
            role, i,
            fmt::format("'{}' is an agent's certificate, and agents have no role here; issue a certificate of "
                        "its own to each client that needs one",
                        names[i]));
    }
}

}  // namespace

RoleSettings readRoles(base::YamlReader& reader) {
    return {base::readCertificateNames(reader, "viewers"), base::readCertificateNames(reader, "operators"),
            base::readCertificateNames(reader, "confirmers")};
}

void refuseAgents(base::YamlReader& reader, const RoleSettings& roles, const std::set<std::string>& agents) {
    refuse(reader, "viewers", roles.viewers, agents);
    refuse(reader, "operators", roles.operators, agents);
    refuse(reader, "confirmers", roles.confirmers, agents);
}

}  // namespace standin::config
