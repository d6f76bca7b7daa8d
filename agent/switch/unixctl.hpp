#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/base/result.hpp"

namespace standin::lan_switch {

/// Runs one command of ovs-vswitchd's control socket (what `ovs-appctl` does, without a process) and returns its text.
/// The socket is found in `run_directory` by the daemon's pid file. Unreachable, TimedOut, or Refused with the daemon's
/// words.
base::Result<std::string> askVswitchd(const std::string& run_directory, const std::string& command,
                                      const std::vector<std::string>& arguments, std::chrono::milliseconds deadline);

/// PURE: true if the table of learned addresses (`fdb/show`) has one of `macs` in `vlan` at a port other than
/// `of_port`.
bool remembersElsewhere(const std::string& fdb, int vlan, const std::vector<std::string>& macs,
                        const std::string& of_port);

}  // namespace standin::lan_switch
