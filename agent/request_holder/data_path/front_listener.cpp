#include "agent/request_holder/data_path/front_listener.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace standin::request_holder {

namespace {

// After so many, connections that are already there get their turn.
constexpr int accepted_in_a_row = 64;
// Descriptors or memory are used up: ask again when some may have been given back.
constexpr std::chrono::milliseconds rest{100};
// Of what this process may open: connecting to the machine, the API, namespaces, files.
constexpr rlim_t reserved_descriptors = 512;

rlim_t descriptorsForClients() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur - std::min(limit.rlim_cur / 2, reserved_descriptors);
}

}  // namespace

FrontListener::FrontListener(asio::io_context& context, Accepted accepted)
    : context_(context), accepted_(std::move(accepted)), exhausted_(context) {}

Result<void> FrontListener::open(const NetworkNamespace& space, in_addr address,
                                 const std::vector<std::uint16_t>& ports, int backlog) {
    if (listening()) return {};
    std::vector<base::FileDescriptor> sockets;
    Result<void> opened;
    auto ran = space.run([&] {
        for (auto port : ports) {
            auto socket = tcp::listenAt(address, port, backlog);
            if (!socket) {
                opened = base::failure(socket.error());
                return;
            }
            sockets.push_back(std::move(*socket));
        }
    });
    if (!ran || !opened) return ran ? opened : ran;
    paused_ = false;
    highest_descriptor_ = static_cast<int>(descriptorsForClients());
    for (std::size_t index = 0; index < sockets.size(); ++index) {
        listeners_.push_back(std::make_shared<Listener>(context_, sockets[index].release(), ports[index]));
        wait(listeners_.back());
    }
    return {};
}

void FrontListener::close() {
    acceptEstablished();
    for (auto& listener : std::exchange(listeners_, {})) {
        boost::system::error_code ignored;
        listener->socket.close(ignored);
    }
    exhausted_.cancel();
}

void FrontListener::acceptEstablished() {
    for (const auto& listener : listeners_) {
        in_addr client{};
        while (auto socket = tcp::acceptOne(listener->socket.native_handle(), client)) {
            if (!spares(socket)) return restWhileExhausted();
            take(*listener, std::move(socket), client);
        }
    }
}

void FrontListener::pause() {
    paused_ = true;
}

void FrontListener::resume() {
    if (!std::exchange(paused_, false)) return;
    for (const auto& listener : listeners_) wait(listener);
}

void FrontListener::wait(const std::shared_ptr<Listener>& listener) {
    if (paused_ || std::exchange(listener->waiting, true)) return;
    listener->socket.async_wait(TcpSocket::wait_read, [this, listener](const auto& error) {
        listener->waiting = false;
        if (!error) acceptSome(listener);
    });
}

void FrontListener::acceptSome(const std::shared_ptr<Listener>& listener) {
    for (int count = 0; count < accepted_in_a_row && !paused_ && listener->socket.is_open(); ++count) {
        in_addr client{};
        auto socket = tcp::acceptOne(listener->socket.native_handle(), client);
        if (socket && !spares(socket)) return restWhileExhausted();
        if (!socket) {
            if (errno != EAGAIN && errno != EWOULDBLOCK) return restWhileExhausted();
            break;
        }
        take(*listener, std::move(socket), client);
    }
    if (listener->socket.is_open()) wait(listener);
}

void FrontListener::take(const Listener& listener, base::FileDescriptor socket, in_addr client) {
    accepted_(std::make_unique<TcpSocket>(context_, socket.release()), listener.port, client);
}

// The kernel gives the lowest free number, so a high one says how many are in use. One that is not taken is reset.
bool FrontListener::spares(const base::FileDescriptor& socket) const {
    return socket.get() <= highest_descriptor_;
}

void FrontListener::restWhileExhausted() {
    ++accept_failures_;
    pause();
    exhausted_.expires_after(rest);
    exhausted_.async_wait([this](const auto& error) {
        if (!error) resume();
    });
}

}  // namespace standin::request_holder
