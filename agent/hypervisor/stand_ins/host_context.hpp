#pragma once

#include <string>

#include "agent/base/log.hpp"
#include "agent/hypervisor/hypervisor_settings.hpp"
#include "agent/hypervisor/libvirt/domains.hpp"

namespace standin::http {
class Metrics;
}

namespace standin::hypervisor {

/// What the parts of StandIns share about their host.
struct HostContext {
    HypervisorSettings settings;
    std::string agent;  ///< name of this agent; domains and taps are named after it
    Domains& domains;
    const base::Clock& clock;
    http::Metrics& metrics;
    base::Log log;
};

}  // namespace standin::hypervisor
