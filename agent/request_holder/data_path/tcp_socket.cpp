#include "agent/request_holder/data_path/tcp_socket.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace standin::request_holder {

using base::ErrorCode;
using base::failure;

namespace tcp {

namespace {

sockaddr_in socketAddress(in_addr address, std::uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_addr = address;
    result.sin_port = htons(port);
    return result;
}

void setOption(int socket, int level, int option, int value) {
    // A kernel without one of these options still relays; nothing to report.
    ::setsockopt(socket, level, option, &value, sizeof value);
}

// On: closing resets, also when the kernel closes it for a process that was killed.
void setLinger(int socket, bool resets) {
    const linger wanted{resets ? 1 : 0, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &wanted, sizeof wanted);
}

}  // namespace

Result<base::FileDescriptor> listenAt(in_addr address, std::uint16_t port, int backlog) {
    const auto at = socketAddress(address, port);
    base::FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (listener) {
        setOption(listener.get(), SOL_SOCKET, SO_REUSEADDR, 1);
        // Accepted sockets inherit these: once here instead of seven times for each client.
        prepareRelaying(listener.get());
        setLinger(listener.get(), true);
        if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
            ::listen(listener.get(), backlog) == 0)
            return listener;
    }
    const int problem = errno;
    return failure(ErrorCode::Internal, fmt::format("could not listen at {}:{}: {}", NetworkAddress{address, 32}.host(),
                                                    port, std::strerror(problem)));
}

base::FileDescriptor startConnecting(in_addr address, std::uint16_t port) {
    const auto to = socketAddress(address, port);
    base::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return socket;
    prepareRelaying(socket.get());
    setLinger(socket.get(), true);  // half a request must not look like a whole one either
    const bool begun = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    if (!begun && errno != EINPROGRESS) socket.reset();
    return socket;
}

base::FileDescriptor acceptOne(int listener, in_addr& client) {
    base::FileDescriptor socket;
    do {
        sockaddr_in from{};
        socklen_t size = sizeof from;
        socket.reset(::accept4(listener, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        client = from.sin_addr;
    } while (!socket && (errno == EINTR || errno == ECONNABORTED));
    return socket;
}

int pendingError(int socket) {
    int problem = 0;
    socklen_t size = sizeof problem;
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) return errno;
    return problem;
}

std::uint16_t localPort(int socket) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) != 0) return 0;
    return ntohs(at.sin_port);
}

bool hasEnded(int socket) {
    char one = 0;
    const auto length = ::recv(socket, &one, 1, MSG_PEEK | MSG_DONTWAIT);
    return length == 0 || (length < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void prepareRelaying(int socket) {
    setOption(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    // A peer that vanished without a word is noticed after 30 s + 3 * 10 s, and unacknowledged data does not wait
    // longer either.
    setOption(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    setOption(socket, IPPROTO_TCP, TCP_KEEPIDLE, 30);
    setOption(socket, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    setOption(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
    setOption(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);
}

void askSoon(int socket) {
    setOption(socket, IPPROTO_TCP, TCP_KEEPIDLE, 1);
}

void closeInOrder(TcpSocket& socket) {
    if (!socket.is_open()) return;
    setLinger(socket.native_handle(), false);
    boost::system::error_code ignored;
    socket.close(ignored);
}

void reset(TcpSocket& socket) {
    if (!socket.is_open()) return;
    setLinger(socket.native_handle(), true);
    boost::system::error_code ignored;
    socket.close(ignored);
}

void wakeWhenAllSent(int socket) {
    setOption(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1);
}

ssize_t receive(int socket, void* into, std::size_t size) {
    ssize_t length = 0;
    do {
        length = ::recv(socket, into, size, 0);
    } while (length < 0 && errno == EINTR);
    return length;
}

ssize_t send(int socket, const void* from, std::size_t size) {
    ssize_t length = 0;
    do {
        length = ::send(socket, from, size, MSG_NOSIGNAL);
    } while (length < 0 && errno == EINTR);
    return length;
}

}  // namespace tcp

}  // namespace standin::request_holder
