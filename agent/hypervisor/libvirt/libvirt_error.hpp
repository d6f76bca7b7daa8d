#pragma once

#include <string>

#include "agent/base/result.hpp"

namespace standin::hypervisor {

/// This thread's last libvirt error as one of ours: `could not <what>: <libvirt's words>`.
base::Unexpected libvirtFailure(const std::string& what);

}  // namespace standin::hypervisor
