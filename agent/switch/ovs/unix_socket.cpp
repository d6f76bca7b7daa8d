#include "agent/switch/ovs/unix_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace standin::lan_switch {

using base::ErrorCode;
using base::failure;

namespace {

// A local daemon that takes nothing for a second has its queue full: it hangs.
constexpr timeval send_limit{1, 0};
constexpr std::size_t read_bytes = 64U << 10;

int millisecondsUntil(base::SteadyTime until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 60'000));
}

}  // namespace

base::Result<UnixSocket> UnixSocket::connect(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) {
        return failure(ErrorCode::InvalidInput, "socket path '" + path + "' is empty or longer than 107 characters");
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    UnixSocket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket.open())
        return failure(ErrorCode::Internal, std::string("could not make a socket: ") + std::strerror(errno));
    ::setsockopt(socket.descriptor_.get(), SOL_SOCKET, SO_SNDTIMEO, &send_limit, sizeof(send_limit));
    if (::connect(socket.descriptor_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        return failure(ErrorCode::Unreachable, "could not connect to '" + path + "': " + std::strerror(errno));
    }
    return socket;
}

base::Result<void> UnixSocket::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0)
            return failure(ErrorCode::TimedOut,
                           std::string("the connection broke while sending: ") + std::strerror(errno));
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

base::Result<void> UnixSocket::receive(std::string& into, base::SteadyTime until) {
    std::array<char, read_bytes> buffer;
    for (;;) {
        pollfd ready{descriptor_.get(), POLLIN, 0};
        const int count = ::poll(&ready, 1, millisecondsUntil(until));
        if (count < 0 && errno == EINTR) continue;
        if (count == 0) return failure(ErrorCode::TimedOut, "no answer came in time");
        const auto got = ::recv(descriptor_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got <= 0) return failure(ErrorCode::Unreachable, "the peer closed the connection");
        into.append(buffer.data(), static_cast<std::size_t>(got));
        return {};
    }
}

bool UnixSocket::disturbed() const {
    pollfd ready{descriptor_.get(), POLLIN, 0};
    return ::poll(&ready, 1, 0) != 0;
}

void UnixSocket::shutdown() {
    if (open()) ::shutdown(descriptor_.get(), SHUT_RDWR);
}

}  // namespace standin::lan_switch
