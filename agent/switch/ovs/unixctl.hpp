#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/switch/ovs/json_framer.hpp"
#include "agent/switch/ovs/unix_socket.hpp"

namespace standin::lan_switch {

/// One command to ovs-vswitchd's control socket (what `ovs-appctl` does, without a process), sent and not yet answered.
/// The socket is found in the run directory through the daemon's pid file. Unreachable, TimedOut, or Refused with the
/// daemon's message.
class ControlCall {
  public:
    static base::Result<ControlCall> begin(const std::string& run_directory, const std::string& command,
                                           const std::vector<std::string>& arguments);
    /// TimedOut: no answer yet; may be called again.
    base::Result<std::string> answer(std::chrono::milliseconds deadline);

  private:
    ControlCall(UnixSocket socket, std::string command);
    UnixSocket socket_;
    std::string command_;
    JsonFramer framer_;
};

/// Sends the command and waits for its answer.
base::Result<std::string> askVswitchd(const std::string& run_directory, const std::string& command,
                                      const std::vector<std::string>& arguments, std::chrono::milliseconds deadline);

/// PURE: true if the table of learned addresses (`fdb/show`) has one of `macs` in `vlan` at a port other than
/// `of_port`.
bool remembersElsewhere(const std::string& fdb, int vlan, const std::vector<std::string>& macs,
                        const std::string& of_port);

}  // namespace standin::lan_switch
