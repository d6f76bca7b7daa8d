#include "coordinator/traps/trap_socket.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "coordinator/traps/net_snmp.hpp"
#include "coordinator/traps/network_prefix.hpp"

namespace standin::traps {

namespace {

/// What net-snmp carries from receive() to send() without looking into it. Allocated by malloc, since net-snmp frees
/// it.
struct Peer {
    sockaddr_storage remote;
    socklen_t remote_size;
    // The address that the datagram came to; the answer leaves from there, also when the socket listens on all
    // addresses.
    int local_family;
    in_pktinfo local4;
    in6_pktinfo local6;
};

union ControlBuffer {
    cmsghdr aligned;
    std::array<char, 256> bytes;
};

base::Unexpected problem(const ListenAddress& address, std::string_view what, std::string_view cure) {
    return base::failure(base::ErrorCode::Internal,
                         fmt::format("could not listen for traps on {}:{}: {}: {}{}", address.host, address.port, what,
                                     std::strerror(errno), cure));
}

std::string hostOf(const sockaddr_storage& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* bits = address.ss_family == AF_INET
                           ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr)
                           : &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    inet_ntop(address.ss_family, bits, text.data(), text.size());
    return canonicalAddress(text.data());
}

bool toSocketAddress(const ListenAddress& address, sockaddr_storage& storage, socklen_t& size) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    if (inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(address.port);
        size = sizeof v4;
        return true;
    }
    if (inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(address.port);
        size = sizeof v6;
        return true;
    }
    return false;
}

void wish(int socket, int level, int option, int value) {
    setsockopt(socket, level, option, &value, sizeof value);
}

}  // namespace

base::Result<std::unique_ptr<TrapSocket>> TrapSocket::open(const ListenAddress& address, std::uint32_t buffer_bytes) {
    sockaddr_storage storage{};
    socklen_t size = 0;
    if (!toSocketAddress(address, storage, size)) {
        return base::failure(base::ErrorCode::InvalidInput,
                             fmt::format("'{}' is not an address to listen on for traps", address.host));
    }
    std::unique_ptr<TrapSocket> opened(new TrapSocket);
    opened->socket_ = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (opened->socket_ < 0) return problem(address, "socket", "");
    const int fd = opened->socket_;
    // FORCE goes beyond net.core.rmem_max and needs CAP_NET_ADMIN; without it we take what we are given, and health
    // tells.
    const int wanted = static_cast<int>(buffer_bytes / 2);  // the kernel doubles it
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0)
        wish(fd, SOL_SOCKET, SO_RCVBUF, wanted);
    wish(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    wish(fd, IPPROTO_IP, IP_PKTINFO, 1);
    if (storage.ss_family == AF_INET6) {
        wish(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        wish(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    }
    if (bind(fd, reinterpret_cast<sockaddr*>(&storage), size) != 0) {
        return problem(
            address, "bind",
            errno == EACCES ? "; ports below 1024 need CAP_NET_BIND_SERVICE"
            : errno == EADDRINUSE
                ? "; another program listens there already (snmptrapd? or systemd for it, see snmptrapd.socket)"
                : "");
    }
    getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
    opened->address_ = {address.host,
                        ntohs(storage.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(storage).sin_port
                                                           : reinterpret_cast<sockaddr_in6&>(storage).sin6_port)};
    return opened;
}

TrapSocket::~TrapSocket() {
    if (socket_ >= 0) close(socket_);
}

TrapSocket::Buffer TrapSocket::buffer() const {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t size = sizeof memory;
    if (getsockopt(socket_, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) return {};
    return {memory[SK_MEMINFO_RCVBUF], memory[SK_MEMINFO_RMEM_ALLOC], memory[SK_MEMINFO_DROPS]};
}

netsnmp_transport_s* TrapSocket::makeTransport() {
    auto* transport = static_cast<netsnmp_transport*>(std::calloc(1, sizeof(netsnmp_transport)));  // freed by net-snmp
    STANDIN_ASSERT(transport != nullptr);
    transport->domain = netsnmpUDPDomain;
    transport->domain_length = static_cast<int>(netsnmpUDPDomain_len);
    transport->sock = socket_;
    transport->msgMaxSize = 0xffff - 8 - 20;
    transport->f_recv = receive;
    transport->f_send = send;
    transport->f_close = [](netsnmp_transport*) { return 0; };  // the socket is ours
    // net-snmp frees 'data', so it holds a pointer to us, not us.
    auto** self = static_cast<TrapSocket**>(std::malloc(sizeof(TrapSocket*)));
    STANDIN_ASSERT(self != nullptr);
    *self = this;
    transport->data = self;
    transport->data_length = sizeof(TrapSocket*);
    return transport;
}

int TrapSocket::receive(netsnmp_transport* transport, void* buffer, int size, void** peer, int* peer_size) {
    return (*static_cast<TrapSocket**>(transport->data))->receiveInto(buffer, size, peer, peer_size);
}

int TrapSocket::receiveInto(void* buffer, int size, void** peer, int* peer_size) {
    *peer = nullptr;
    *peer_size = 0;
    auto* from = static_cast<Peer*>(std::calloc(1, sizeof(Peer)));
    if (from == nullptr) return -1;
    iovec part{buffer, static_cast<std::size_t>(size)};
    ControlBuffer control{};
    msghdr message{};
    message.msg_name = &from->remote;
    message.msg_namelen = sizeof from->remote;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    const auto received = recvmsg(socket_, &message, 0);
    drained_ = received < 0;
    if (received < 0) {
        std::free(from);
        return -1;
    }
    from->remote_size = message.msg_namelen;
    arrival_ = {hostOf(from->remote),
                std::chrono::system_clock::now(),
                {static_cast<const char*>(buffer), static_cast<std::size_t>(received)}};
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        const void* content = CMSG_DATA(header);
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPNS) {
            timespec stamp{};
            std::memcpy(&stamp, content, sizeof stamp);
            arrival_.at = base::WallTime(std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec));
        } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            from->local_family = AF_INET;
            std::memcpy(&from->local4, content, sizeof from->local4);
        } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            from->local_family = AF_INET6;
            std::memcpy(&from->local6, content, sizeof from->local6);
        }
    }
    *peer = from;
    *peer_size = sizeof(Peer);
    return static_cast<int>(received);
}

int TrapSocket::send(netsnmp_transport* transport, const void* buffer, int size, void** peer, int* peer_size) {
    if (peer == nullptr || *peer == nullptr || *peer_size != static_cast<int>(sizeof(Peer))) return -1;
    Peer to;
    std::memcpy(&to, *peer, sizeof to);
    iovec part{const_cast<void*>(buffer), static_cast<std::size_t>(size)};
    ControlBuffer control{};
    msghdr message{};
    message.msg_name = &to.remote;
    message.msg_namelen = to.remote_size;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const auto leaveFrom = [&](int level, int type, const auto& info) {
        message.msg_control = control.bytes.data();
        message.msg_controllen = CMSG_SPACE(sizeof info);
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = level;
        header->cmsg_type = type;
        header->cmsg_len = CMSG_LEN(sizeof info);
        std::memcpy(CMSG_DATA(header), &info, sizeof info);
    };
    if (to.local_family == AF_INET) {
        in_pktinfo from{};
        from.ipi_spec_dst = to.local4.ipi_addr;
        leaveFrom(IPPROTO_IP, IP_PKTINFO, from);
    } else if (to.local_family == AF_INET6) {
        leaveFrom(IPPROTO_IPV6, IPV6_PKTINFO, to.local6);
    }
    return static_cast<int>(sendmsg((*static_cast<TrapSocket**>(transport->data))->socket_, &message, MSG_NOSIGNAL));
}

}  // namespace standin::traps
