#include "agent/agent_configuration.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/certificate_names.hpp"

namespace standin {

namespace {

void readRoles(base::YamlReader& agent, AgentConfiguration& configuration) {
    configuration.commanders = base::readCertificateNames(agent, "commanders");
    configuration.readers = base::readCertificateNames(agent, "readers");
    if (configuration.commanders.empty()) configuration.commanders = {"coordinator"};
    const auto& commanders = configuration.commanders;
    const auto own = std::find(commanders.begin(), commanders.end(), configuration.name.text());
    if (own != commanders.end() && !own->empty()) {
        agent.problem("commanders", static_cast<std::size_t>(own - commanders.begin()),
                      "'" + *own + "' is this agent's own certificate, and no agent commands; name the coordinator's");
    }
}

void readIdentity(base::YamlReader& agent, AgentConfiguration& configuration) {
    auto name = base::AgentName::parse(agent.text("name"));
    if (name) {
        configuration.name = *name;
    } else if (agent.has("name")) {
        agent.problem("name", name.error().message);
    }
    auto listen = agent.text("listen");
    if (auto settings = http::parseListen(listen)) {
        configuration.listen = *settings;
    } else if (!listen.empty()) {
        agent.problem("listen", settings.error().message);
    }
    configuration.state_dir = agent.text("state_dir");
    if (!configuration.state_dir.empty() && !configuration.state_dir.starts_with('/'))
        agent.problem("state_dir", "must be an absolute path");
    configuration.tls = http::tlsFilesFrom(agent);
    if (!configuration.tls.crl.empty()) configuration.tls.crl_memory = configuration.state_dir + "/revocations.pem";
    readRoles(agent, configuration);
    agent.finish();
}

template <typename Settings, typename Read>
void readSection(base::YamlReader& root, const char* name, std::optional<Settings>& settings, Read read) {
    if (auto section = root.optionalMap(name)) settings = read(*section);
}

// Machines that are not (any more, not yet) on their segments wait in the quarantine VLANs, each alone; stand-ins land
// on the landing VLAN when they are started. Where one is among the others, a stand-in that starts meets what waits
// there.
void checkVlans(base::YamlReader& root, const AgentConfiguration& configuration) {
    if (!configuration.hypervisor || !configuration.lan_switch) return;
    const auto& range = configuration.lan_switch->quarantine;
    if (!range.contains(configuration.hypervisor->landing_vlan)) return;
    root.map("hypervisor")
        .problem("landing_vlan",
                 fmt::format("{} is among the quarantine VLANs {}-{} of the switch; take one outside of them",
                             configuration.hypervisor->landing_vlan, range.first, range.last));
}

}  // namespace

std::optional<AgentConfiguration> readAgentConfiguration(const std::string& path, base::YamlProblems& problems) {
    auto root = base::YamlReader::fromFile(path, problems);
    if (!root) return std::nullopt;
    AgentConfiguration configuration;
    auto agent = root->map("agent");
    readIdentity(agent, configuration);
    readSection(*root, "hypervisor", configuration.hypervisor, hypervisor::hypervisorSettingsFrom);
    readSection(*root, "switch", configuration.lan_switch, lan_switch::switchSettingsFrom);
    readSection(*root, "image_store", configuration.image_store, image_store::imageStoreSettingsFrom);
    if (configuration.image_store) configuration.image_store->state_dir = configuration.state_dir;
    readSection(*root, "request_holder", configuration.request_holder, request_holder::requestHolderSettingsFrom);
    checkVlans(*root, configuration);
    root->finish();
    if (!configuration.hypervisor && !configuration.lan_switch && !configuration.image_store &&
        !configuration.request_holder) {
        root->problem(
            "",
            "no capability is switched on; add one of the sections hypervisor, switch, image_store, request_holder");
    }
    if (!problems.empty()) return std::nullopt;
    return configuration;
}

}  // namespace standin
