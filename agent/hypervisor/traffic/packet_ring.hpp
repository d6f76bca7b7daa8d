#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "agent/base/file_descriptor.hpp"
#include "agent/base/result.hpp"

namespace standin::hypervisor {

/// The first bytes of the TCP segments that pass a network interface in either direction, from or to one IPv4 address.
/// Passive: the traffic is neither delayed nor changed. The kernel filters and truncates the segments and copies them
/// into shared memory, 1 MiB for each ring.
class PacketRing {
  public:
    /// Captures from the moment it returns. NotFound: there is no such interface. Refused: the right is missing
    /// (CAP_NET_RAW).
    static base::Result<PacketRing> open(const std::string& interface, std::uint32_t address);

    /// Passes on what has arrived since the last call.
    void drain(const std::function<void(std::span<const std::byte> frame, std::size_t wire_length)>& take);
    /// The number of segments for which the kernel had no room since the last call.
    std::uint64_t lost();
    /// For poll(): readable when something has arrived.
    [[nodiscard]] int descriptor() const { return socket_.get(); }
    /// False after the interface went down or was removed (even if another of its name exists now).
    [[nodiscard]] bool attached() const;

  private:
    PacketRing(base::FileDescriptor socket, int interface_index, std::string interface);

    struct Unmap {
        void operator()(std::byte* ring) const;
    };

    base::FileDescriptor socket_;
    int interface_index_ = 0;
    std::string interface_;
    std::unique_ptr<std::byte, Unmap> ring_;
    std::size_t next_ = 0;
};

}  // namespace standin::hypervisor
