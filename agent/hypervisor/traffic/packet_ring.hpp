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

/// The beginnings of the TCP segments that pass a network interface in either direction, from or to one IPv4 address.
/// Passive: what passes is neither held up nor changed. The kernel filters, cuts and puts them into memory shared with
/// us, of which each ring takes 1 MiB.
class PacketRing {
  public:
    /// Begins to watch when it returns. NotFound if there is no such interface; Refused without the right to
    /// (CAP_NET_RAW).
    static base::Result<PacketRing> open(const std::string& interface, std::uint32_t address);

    /// Hands over what has come since the last time.
    void drain(const std::function<void(std::span<const std::byte> frame, std::size_t wire_length)>& take);
    /// How many segments the kernel had no room for since the last time.
    std::uint64_t lost();
    /// For poll(): readable when something has come.
    [[nodiscard]] int descriptor() const { return socket_.get(); }
    /// False after the interface has gone down or away (also if another of its name came since).
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
