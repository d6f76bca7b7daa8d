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

/// Everything an agent's configuration says. A section that is there switches its capability on.
struct AgentConfiguration {
    base::AgentName name;
    http::ServerSettings listen;
    std::string state_dir;  ///< the highest epoch and what the capabilities remember
    http::TlsFiles tls;
    std::vector<std::string> commanders;  ///< certificate names that may command; others with a certificate may ask
    std::vector<std::string> readers;     ///< certificate names that get the content of images, beside the commanders
    std::optional<hypervisor::HypervisorSettings> hypervisor;
    std::optional<lan_switch::SwitchSettings> lan_switch;
    std::optional<image_store::ImageStoreSettings> image_store;
    std::optional<request_holder::RequestHolderSettings> request_holder;
};

/// nullopt if there is any problem; all of them are recorded.
std::optional<AgentConfiguration> readAgentConfiguration(const std::string& path, base::YamlProblems& problems);

}  // namespace standin
