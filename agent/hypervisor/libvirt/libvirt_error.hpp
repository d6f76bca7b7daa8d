#pragma once

#include <string>

#include "agent/base/result.hpp"

namespace standin::hypervisor {

/// This thread's last libvirt error: `could not <what>: <libvirt's message>`.
base::Unexpected libvirtFailure(const std::string& what);

}  // namespace standin::hypervisor
