#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"
#include "agent/switch/ovs/unix_socket.hpp"

namespace standin::lan_switch {

/// A bridge's management socket, spoken to in OpenFlow 1.3: just what the takeover path needs, over a lasting
/// connection that is made again when the bridge has dropped it. One call at a time; others wait.
class OpenFlowConnection {
  public:
    explicit OpenFlowConnection(std::string socket_path) : socket_path_(std::move(socket_path)) {}

    /// Has the bridge forward each frame as if it had come in at `of_port` (action NORMAL), and returns when it has
    /// done so (barrier). Repeating it does no harm. Unreachable, TimedOut, or Refused with the switch's error.
    base::Result<void> inject(std::uint32_t of_port, const std::vector<std::string>& frames,
                              std::chrono::milliseconds deadline);

    /// Changes a flow that no frame ever meets, and that is gone after a second: the bridge goes through its cache of
    /// forwarding decisions then. Returns when the change is in the tables (barrier), not when the cache has been gone
    /// through.
    base::Result<void> touch(std::uint64_t cookie, std::uint8_t table, std::chrono::milliseconds deadline);

    /// How many flows have exactly this cookie.
    base::Result<std::uint32_t> flowsWith(std::uint64_t cookie, std::chrono::milliseconds deadline);

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
