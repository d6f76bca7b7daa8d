#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/http/server.hpp"
#include "agent/hypervisor/hypervisor_settings.hpp"
#include "agent/image_store/image_store_settings.hpp"
#include "agent/request_holder/request_holder_settings.hpp"
#include "agent/switch/switch_settings.hpp"

namespace standin {

/// An agent's configuration. A section that is present enables its capability.
struct AgentConfiguration {
    base::AgentName name;
    http::ServerSettings listen;
    std::string state_dir;  ///< directory of the highest epoch and of the capabilities' state
    http::TlsFiles tls;
    std::vector<std::string>
        commanders;  ///< certificate names with the right to command; all other certificates of the CA may read
    std::vector<std::string>
        readers;  ///< certificate names with the right to read images' content, besides the commanders
    std::optional<hypervisor::HypervisorSettings> hypervisor;
    std::optional<lan_switch::SwitchSettings> lan_switch;
    std::optional<image_store::ImageStoreSettings> image_store;
    std::optional<request_holder::RequestHolderSettings> request_holder;
};

/// nullopt if there is any problem; all problems are recorded.
std::optional<AgentConfiguration> readAgentConfiguration(const std::string& path, base::YamlProblems& problems);

}  // namespace standin
