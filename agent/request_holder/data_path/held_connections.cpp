#include "agent/request_holder/data_path/held_connections.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

namespace standin::request_holder {

HeldConnections::HeldConnections(asio::io_context& context, WaitingRoom& room, Relays& relays, SharedBuffer& buffer)
    : context_(context), room_(room), relays_(relays), buffer_(buffer) {}

void HeldConnections::admit(TcpSocketPtr client, std::uint16_t port) {
    const auto held = std::make_shared<HeldConnection>(*this, std::move(client), port);
    room_.enter(held);
    read(held);
}

void HeldConnections::read(const Connection& held) {
    auto& queue = room_.queue();
    while (held->client_ != nullptr && !held->client_ended_) {
        const auto room = std::min<std::uint64_t>(queue.room(held->number), buffer_.size());
        if (room == 0) {
            if (queue.crowded()) crowded_out_.insert(held);
            watchForReset(held);
            return;
        }
        const auto length = tcp::receive(held->client_->native_handle(), buffer_.data(), room);
        if (length > 0) {
            held->bytes_.append(buffer_.data(), static_cast<std::size_t>(length));
            queue.takeIn(held->number, static_cast<std::uint64_t>(length));
        } else if (length == 0) {
            held->client_ended_ = true;
            watchForReset(held);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            waitReadable(held);
            return;
        } else {
            giveUp(*held);
        }
    }
}

void HeldConnections::waitReadable(const Connection& held) {
    held->client_->async_wait(TcpSocket::wait_read, [this, held](const auto& error) {
        if (!error && held->client_ != nullptr) read(held);
    });
}

// One that is not read from is watched otherwise: a request whose client has gone must not be processed.
void HeldConnections::watchForReset(const Connection& held) {
    if (std::exchange(held->watched_, true)) return;
    held->client_->async_wait(TcpSocket::wait_error, [this, held](const auto& error) {
        held->watched_ = false;
        if (error || held->client_ == nullptr || tcp::pendingError(held->client_->native_handle()) == 0) return;
        giveUp(*held);
    });
}

void HeldConnections::giveUp(HeldConnection& held) {
    const auto keep = held.shared_from_this();
    tcp::reset(*held.client_);
    held.forget();
    room_.giveUp(held);
}

void HeldConnections::readCrowdedOut() {
    if (crowded_out_.empty() || room_.queue().crowded() || wake_posted_) return;
    wake_posted_ = true;
    asio::post(context_, [this] {
        wake_posted_ = false;
        for (const auto& held : std::exchange(crowded_out_, {})) read(held);
    });
}

HeldConnection::HeldConnection(HeldConnections& owner, TcpSocketPtr client, std::uint16_t to)
    : owner_(owner), client_(std::move(client)) {
    port = to;
}

int HeldConnection::handOn(TcpSocketPtr job, std::function<void(Progress)> tell) {
    ssize_t sent = 0;
    if (!bytes_.empty()) {
        sent = tcp::send(job->native_handle(), bytes_.data(), bytes_.size());
        if (sent < 0) return errno;  // not one byte has left: it may be tried again
    }
    // From here on bytes may have reached the job: they are never sent again.
    const auto keep = shared_from_this();
    const bool asked = !bytes_.empty();
    boost::system::error_code ignored;
    client_->cancel(ignored);
    auto client = std::move(client_);
    auto rest = bytes_.substr(static_cast<std::size_t>(sent));
    forget();
    owner_.room_.leave(*this);
    owner_.relays_.relay(std::move(client), std::move(job), {std::move(rest), {}, client_ended_, asked},
                         [tell = std::move(tell), asked](Progress progress) {
                             tell(progress);
                             // A client that has not said anything waits for the job's first word, if there is one.
                             if (progress == Progress::Delivered && !asked) tell(Progress::Ended);
                         });
    return 0;
}

void HeldConnection::endUnprocessed() {
    if (client_ == nullptr) return;
    tcp::reset(*client_);
    forget();
}

void HeldConnection::forget() {
    client_.reset();
    std::string().swap(bytes_);
    owner_.crowded_out_.erase(shared_from_this());
}

}  // namespace standin::request_holder
