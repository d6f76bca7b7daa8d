#include "trap_sender.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace standin::traps::testing {

namespace {

sockaddr_in address(const std::string& host, std::uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &result.sin_addr) != 1) throw std::runtime_error("no address: " + host);
    return result;
}

}  // namespace

TrapSender::TrapSender(const std::string& from, const std::string& to, std::uint16_t port)
    : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const auto local = address(from, 0);
    const auto remote = address(to, port);
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0 ||
        connect(socket_, reinterpret_cast<const sockaddr*>(&remote), sizeof remote) != 0) {
        throw std::runtime_error(std::string("cannot send traps: ") + std::strerror(errno));
    }
}

TrapSender::~TrapSender() {
    close(socket_);
}

void TrapSender::send(const std::string& datagram) {
    if (::send(socket_, datagram.data(), datagram.size(), 0) < 0) throw std::runtime_error(std::strerror(errno));
}

std::size_t TrapSender::sendAll(const std::vector<std::string>& datagrams) {
    constexpr std::size_t at_once = 64;
    std::vector<mmsghdr> messages(at_once);
    std::vector<iovec> parts(at_once);
    std::size_t sent = 0;
    while (sent < datagrams.size()) {
        const auto count = std::min(at_once, datagrams.size() - sent);
        for (std::size_t i = 0; i < count; ++i) {
            parts[i] = {const_cast<char*>(datagrams[sent + i].data()), datagrams[sent + i].size()};
            messages[i] = {};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        const int taken = sendmmsg(socket_, messages.data(), static_cast<unsigned>(count), 0);
        if (taken < 0) throw std::runtime_error(std::strerror(errno));
        sent += static_cast<std::size_t>(taken);
    }
    return sent;
}

}  // namespace standin::traps::testing
