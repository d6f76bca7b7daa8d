#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"

struct netsnmp_transport_s;

namespace standin::traps {

struct ListenAddress {
    std::string host;        ///< an IPv4 or IPv6 address
    std::uint16_t port = 0;  ///< 0: any free one
};

/// One UDP socket for traps, with a large kernel buffer and receive time stamps, and as net-snmp wants it: a
/// 'transport'.
class TrapSocket {
  public:
    /// Who sent the datagram that is being handled, and when it arrived.
    struct Arrival {
        std::string source;
        base::WallTime at{};
        std::string_view datagram{};  ///< in net-snmp's buffer; only while the datagram is being handled
    };
    struct Buffer {
        std::uint32_t bytes =
            0;  ///< what the kernel grants (it counts its own bookkeeping too: about 1.3 KiB for a usual trap)
        std::uint32_t filled = 0;  ///< waits now
        std::uint32_t drops = 0;   ///< datagrams that did not fit since the socket was opened
    };

    static base::Result<std::unique_ptr<TrapSocket>> open(const ListenAddress& address, std::uint32_t buffer_bytes);
    ~TrapSocket();
    TrapSocket(const TrapSocket&) = delete;
    TrapSocket& operator=(const TrapSocket&) = delete;

    [[nodiscard]] int descriptor() const { return socket_; }
    [[nodiscard]] const ListenAddress& address() const { return address_; }
    [[nodiscard]] const Arrival& arrival() const { return arrival_; }
    [[nodiscard]] bool drained() const { return drained_; }  ///< the last receive found nothing
    [[nodiscard]] Buffer buffer() const;

    /// A transport for snmp_sess_add(), which takes it over; the socket must outlive the session.
    netsnmp_transport_s* makeTransport();

  private:
    TrapSocket() = default;
    static int receive(netsnmp_transport_s* transport, void* buffer, int size, void** peer, int* peer_size);
    static int send(netsnmp_transport_s* transport, const void* buffer, int size, void** peer, int* peer_size);
    int receiveInto(void* buffer, int size, void** peer, int* peer_size);

    int socket_ = -1;
    ListenAddress address_;
    Arrival arrival_;
    bool drained_ = false;
};

}  // namespace standin::traps
