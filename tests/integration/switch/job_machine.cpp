#include "tests/integration/switch/job_machine.hpp"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace standin::tests {

namespace {

sockaddr_in placeOf(const std::string& address) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(job_port);
    inet_pton(AF_INET, address.c_str(), &place.sin_addr);
    return place;
}

}  // namespace

EchoJob::EchoJob(const Machine& machine, std::string answer)
    : answer_(std::move(answer)), stop_(::eventfd(0, EFD_CLOEXEC)) {
    machine.inside([this] {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        const auto place = placeOf("0.0.0.0");
        if (::bind(listener_, reinterpret_cast<const sockaddr*>(&place), sizeof(place)) != 0 ||
            ::listen(listener_, 64) != 0) {
            throw std::runtime_error("cannot listen");
        }
    });
    thread_ = std::thread([this] { serve(); });
}

EchoJob::~EchoJob() {
    const std::uint64_t one = 1;
    (void)!::write(stop_, &one, sizeof(one));
    thread_.join();
    ::close(listener_);
    ::close(stop_);
}

void EchoJob::serve() {
    std::vector<pollfd> watched{{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (;;) {
        ::poll(watched.data(), watched.size(), -1);
        if (watched[0].revents != 0) break;
        for (std::size_t i = watched.size() - 1; i >= 2; --i) {
            if (watched[i].revents == 0) continue;
            char buffer[256];
            const auto got = ::recv(watched[i].fd, buffer, sizeof(buffer), 0);
            if (got > 0) {
                (void)!::send(watched[i].fd, (answer_ + "\n").c_str(), answer_.size() + 1, MSG_NOSIGNAL);
            } else {
                ::close(watched[i].fd);
                watched.erase(watched.begin() + static_cast<std::ptrdiff_t>(i));
            }
        }
        if (watched[1].revents != 0) {
            const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (accepted >= 0) watched.push_back({accepted, POLLIN, 0});
        }
    }
    for (std::size_t i = 2; i < watched.size(); ++i) ::close(watched[i].fd);
}

Connection::Connection(const Machine& client, const std::string& address) {
    client.inside([&] {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const timeval limit{2, 0};
        const int on = 1;
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        const auto place = placeOf(address);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&place), sizeof(place)) != 0) {
            ::close(socket_);
            socket_ = -1;
        }
    });
}

Connection::~Connection() {
    if (socket_ >= 0) ::close(socket_);
}

Connection::Connection(Connection&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

unsigned Connection::repeatedFrames() const {
    tcp_info told{};
    socklen_t size = sizeof(told);
    return ::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &told, &size) == 0 ? told.tcpi_total_retrans : 0;
}

std::string Connection::ask(std::chrono::milliseconds limit) {
    if (socket_ < 0 || ::send(socket_, "?\n", 2, MSG_NOSIGNAL) != 2) return "";
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(limit.count())) != 1) return "";
    char buffer[256];
    const auto got = ::recv(socket_, buffer, sizeof(buffer), 0);
    return got > 1 ? std::string(buffer, static_cast<std::size_t>(got) - 1) : "";
}

}  // namespace standin::tests
