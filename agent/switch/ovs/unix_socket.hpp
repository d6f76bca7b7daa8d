#pragma once

#include <string>
#include <string_view>

#include "agent/base/clock.hpp"
#include "agent/base/file_descriptor.hpp"
#include "agent/base/result.hpp"

namespace standin::lan_switch {

/// A connected stream socket in the file system, owned by this object.
class UnixSocket {
  public:
    UnixSocket() = default;
    explicit UnixSocket(int descriptor) : descriptor_(descriptor) {}

    /// Connects. Unreachable if no process listens there. Sending blocks for at most a second.
    static base::Result<UnixSocket> connect(const std::string& path);

    [[nodiscard]] bool open() const { return static_cast<bool>(descriptor_); }
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }

    /// Sends all bytes. TimedOut: a part may have been sent, and the connection cannot be used any further.
    base::Result<void> send(std::string_view bytes);

    /// Appends the bytes that are available, waiting for at least one until `until`. TimedOut: nothing arrived.
    /// Unreachable: the peer closed.
    base::Result<void> receive(std::string& into, base::SteadyTime until);

    /// True when the peer has closed or has sent something unexpected; never blocks.
    [[nodiscard]] bool disturbed() const;

    /// Wakes a reader in another thread with 'closed'.
    void shutdown();
    void close() { descriptor_.reset(); }

  private:
    base::FileDescriptor descriptor_;
};

}  // namespace standin::lan_switch
