#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"
#include "agent/switch/ovs/unix_socket.hpp"

namespace standin::lan_switch {

/// A client of a bridge's management socket in OpenFlow 1.3, with just the messages that the takeover path needs. The
/// connection is kept, and opened again if the bridge has closed it. One call at a time; others wait.
class OpenFlowConnection {
  public:
    explicit OpenFlowConnection(std::string socket_path) : socket_path_(std::move(socket_path)) {}

    /// Makes the bridge forward each frame as if it had come in at `of_port` (action NORMAL); returns when that is done
    /// (barrier). Harmless if repeated. Unreachable, TimedOut, or Refused with the switch's error.
    base::Result<void> inject(std::uint32_t of_port, const std::vector<std::string>& frames,
                              std::chrono::milliseconds deadline);

    /// Adds a flow that no frame matches and that expires after a second. This makes the bridge revalidate its cache of
    /// forwarding decisions. Returns when the flow is in the tables (barrier), not when the revalidation is finished.
    base::Result<void> touch(std::uint64_t cookie, std::uint8_t table, std::chrono::milliseconds deadline);

    /// The number of flows with exactly this cookie.
    base::Result<std::uint32_t> flowsWith(std::uint64_t cookie, std::chrono::milliseconds deadline);

    /// The number of frames that have come in at the port. Refused: the bridge has no such port.
    base::Result<std::uint64_t> receivedFrames(std::uint32_t of_port, std::chrono::milliseconds deadline);

  private:
    base::Result<void> ensureOpen(base::SteadyTime until);
    base::Result<std::string> exchange(const std::string& request, std::uint8_t awaited_type, base::SteadyTime until);
    base::Result<std::string> await(std::uint8_t awaited_type, base::SteadyTime until);
    base::Result<std::string> message(base::SteadyTime until);

    const std::string socket_path_;
    std::mutex mutex_;
    UnixSocket socket_;
    std::string received_;
};

}  // namespace standin::lan_switch
