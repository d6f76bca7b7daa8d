#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace standin::traps::testing {

/// Sends datagrams from one loopback address.
class TrapSender {
  public:
    TrapSender(const std::string& from, const std::string& to, std::uint16_t port);
    ~TrapSender();
    TrapSender(const TrapSender&) = delete;
    TrapSender& operator=(const TrapSender&) = delete;

    void send(const std::string& datagram);
    /// As fast as the kernel takes them, many per system call; returns how many the kernel took.
    std::size_t sendAll(const std::vector<std::string>& datagrams);

  private:
    int socket_;
};

}  // namespace standin::traps::testing
