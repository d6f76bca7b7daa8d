#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/base/yaml_reader.hpp"
#include "coordinator/config/configuration.hpp"
#include "coordinator/config/configuration_reader.hpp"
#include "coordinator/config/power_outlets.hpp"
#include "coordinator/config/value_checks.hpp"

namespace standin::config {

/// Reads servers and spares, and keeps what both must not claim twice.
class MachineReader {
  public:
    MachineReader(const std::vector<AgentSettings>& agents, const Surroundings& surroundings,
                  const std::string& rules_file);
    ServerSettings server(const std::string& name, base::YamlReader reader);
    SpareSettings spare(const std::string& name, base::YamlReader reader);

  private:
    base::AgentName agent(base::YamlReader& reader, const std::string& key);
    base::DiskName disk(base::YamlReader& reader, const base::AgentName& image_store);
    drivers::PowerLadder ladder(base::YamlReader& reader, const std::string& why_needed);
    drivers::PowerDevice device(base::YamlReader& reader, std::size_t rung);
    void claimPort(base::YamlReader& reader, const std::string& key, const base::AgentName& lan_switch,
                   const base::PortName& port);
    domain::HolderPorts holderPorts(base::YamlReader reader, const base::AgentName& lan_switch);
    void network(domain::Server& server, base::YamlReader& reader);
    std::string uuid(base::YamlReader& reader);
    void trapNames(ServerSettings& settings, base::YamlReader& reader);

    const Surroundings& surroundings_;
    std::set<base::AgentName> agents_;
    Surroundings::Lookups lookups_;
    OnlyOnce names_{"name of a machine"};
    OnlyOnce ports_{"switch port"};
    OnlyOnce macs_{"MAC address"};
    OnlyOnce addresses_{"job address"};
    OnlyOnce segments_{"segment"};
    OnlyOnce vlans_{"VLAN"};
    OnlyOnce trap_sources_{"trap source"};
    OnlyOnce trap_identities_{"trap identity"};
    OnlyOnce disks_{"disk"};
    OnlyOnce serials_{"the disk identity"};
    OnlyOnce uuids_{"the machine's UUID"};
    PowerOutlets outlets_;
};

}  // namespace standin::config
