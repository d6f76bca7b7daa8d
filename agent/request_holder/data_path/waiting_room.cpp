#include "agent/request_holder/data_path/waiting_room.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

namespace standin::request_holder {

WaitingRoom::WaitingRoom(asio::io_context& context, const HoldLimits& limits, SharedBuffer& buffer, Events events)
    : context_(context), queue_(limits), buffer_(buffer), events_(std::move(events)) {}

void WaitingRoom::admit(TcpSocketPtr client) {
    auto held = std::make_shared<HeldConnection>();
    held->number = queue_.arrive(std::chrono::steady_clock::now());
    held->port = tcp::localPort(client->native_handle());
    held->client = std::move(client);
    connections_.emplace(held->number, held);
    read(held);
    if (holds(*held)) events_.grew();
}

HeldConnectionPtr WaitingRoom::head() const {
    const auto number = queue_.head();
    return number ? connections_.at(*number) : nullptr;
}

void WaitingRoom::take(HeldConnection& held) {
    boost::system::error_code ignored;
    held.client->cancel(ignored);
    leave(held);
}

void WaitingRoom::closeOverAge(SteadyTime now) {
    for (auto number : queue_.overAge(now)) {
        const auto held = connections_.at(number);
        ++losses_.over_age;
        close(*held);
    }
}

void WaitingRoom::closeAll() {
    while (auto held = head()) close(*held);
}

void WaitingRoom::read(const HeldConnectionPtr& held) {
    while (holds(*held) && !held->client_ended) {
        const auto room = std::min<std::uint64_t>(queue_.room(held->number), buffer_.size());
        if (room == 0) {
            if (queue_.crowded()) crowded_out_.insert(held->number);
            watchForReset(held);
            return;
        }
        const auto length = tcp::receive(held->client->native_handle(), buffer_.data(), room);
        if (length > 0) {
            held->bytes.append(buffer_.data(), static_cast<std::size_t>(length));
            queue_.takeIn(held->number, static_cast<std::uint64_t>(length));
        } else if (length == 0) {
            held->client_ended = true;
            watchForReset(held);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            waitReadable(held);
            return;
        } else {
            ++losses_.given_up;
            close(*held);
        }
    }
}

void WaitingRoom::waitReadable(const HeldConnectionPtr& held) {
    held->client->async_wait(TcpSocket::wait_read, [this, held](const auto& error) {
        if (!error && holds(*held)) read(held);
    });
}

// Who is not read from is watched otherwise: a request whose client has gone must not be processed.
void WaitingRoom::watchForReset(const HeldConnectionPtr& held) {
    if (std::exchange(held->watched, true)) return;
    held->client->async_wait(TcpSocket::wait_error, [this, held](const auto& error) {
        held->watched = false;
        if (error || !holds(*held) || tcp::pendingError(held->client->native_handle()) == 0) return;
        ++losses_.given_up;
        close(*held);
    });
}

void WaitingRoom::leave(HeldConnection& held) {
    queue_.remove(held.number);
    crowded_out_.erase(held.number);
    connections_.erase(held.number);
    wakeCrowdedOut();
    events_.shrank();
}

void WaitingRoom::close(HeldConnection& held) {
    const auto socket = std::move(held.client);
    tcp::reset(*socket);
    std::string().swap(held.bytes);
    leave(held);
}

void WaitingRoom::wakeCrowdedOut() {
    if (crowded_out_.empty() || queue_.crowded() || wake_posted_) return;
    wake_posted_ = true;
    asio::post(context_, [this] {
        wake_posted_ = false;
        const auto waiting = std::exchange(crowded_out_, {});
        for (auto number : waiting) {
            const auto found = connections_.find(number);
            if (found != connections_.end()) read(HeldConnectionPtr(found->second));
        }
    });
}

}  // namespace standin::request_holder
