#include "agent/request_holder/data_path/relay.hpp"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

namespace standin::request_holder {

namespace {

// After so many buffers other connections get their turn.
constexpr int turns = 16;
// An answer comes in pieces; a job that pauses longer within one looks like one that has ended it.
constexpr std::chrono::milliseconds pause_in_answer{250};

bool wouldBlock() {
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

}  // namespace

Relay::Relay(TcpSocketPtr client, TcpSocketPtr job, Beginning beginning, SharedBuffer& buffer, Events events)
    : buffer_(buffer),
      events_(std::move(events)),
      client_{std::move(client)},
      job_{std::move(job)},
      to_job_{client_, job_},
      to_client_{job_, client_},
      client_spoke_last_(beginning.asked) {
    to_job_.waiting = std::move(beginning.pending);
    to_job_.source_ended = beginning.client_ended;
    to_client_.waiting = std::move(beginning.to_client);
    answered_ = !to_client_.waiting.empty();
}

void Relay::start() {
    if (to_job_.source_ended) watchForReset(to_job_);
    pump(to_job_);
    if (!finished_) pump(to_client_);
}

void Relay::reset() {
    noteJobLost();
    tcp::reset(*client_.socket);
    tcp::reset(*job_.socket);
    finishIfClosed();
}

void Relay::suspectJob() {
    if (job_.socket->is_open()) tcp::askSoon(job_.socket->native_handle());
}

bool Relay::unanswered(std::chrono::steady_clock::time_point now) const {
    if (to_client_.ended) return false;
    return client_spoke_last_ || !to_client_.waiting.empty() || now - heard_ < pause_in_answer;
}

void Relay::pump(Flow& flow) {
    for (int turn = 0; turn < turns; ++turn) {
        if (flow.ended || !pumpOnce(flow)) return;
    }
    asio::post(flow.source.socket->get_executor(), [self = shared_from_this(), &flow] { self->pump(flow); });
}

bool Relay::pumpOnce(Flow& flow) {
    if (!flow.source.socket->is_open() || !flow.sink.socket->is_open()) return false;
    if (!flow.waiting.empty() && !flush(flow)) return false;
    if (&flow == &to_job_) noteDelivered();
    if (flow.source_ended) {
        endOfStream(flow);
        return false;
    }
    return fill(flow);
}

bool Relay::flush(Flow& flow) {
    const auto left = flow.waiting.size() - flow.taken;
    const auto length = tcp::send(flow.sink.socket->native_handle(), flow.waiting.data() + flow.taken, left);
    if (length < 0) {
        wouldBlock() ? waitWritable(flow) : sinkLost(flow);
        return false;
    }
    flow.taken += static_cast<std::size_t>(length);
    flow.carried += static_cast<std::uint64_t>(length);
    if (flow.taken < flow.waiting.size()) {
        waitWritable(flow);
        return false;
    }
    std::string().swap(flow.waiting);
    flow.taken = 0;
    return true;
}

bool Relay::fill(Flow& flow) {
    const auto length = tcp::receive(flow.source.socket->native_handle(), buffer_.data(), buffer_.size());
    if (length < 0) {
        wouldBlock() ? waitReadable(flow) : sourceLost(flow);
        return false;
    }
    if (length == 0) {
        if (flow.source.broken) {
            sourceLost(flow);
            return false;
        }
        flow.source_ended = true;
        if (&flow == &to_client_) to_job_.source_ended ? noteAnswered() : noteJobLost();
        watchForReset(flow);
        return true;
    }
    if (&flow == &to_client_) noteAnswered();
    client_spoke_last_ = &flow == &to_job_;
    heard_ = std::chrono::steady_clock::now();
    const auto size = static_cast<std::size_t>(length);
    const auto sent = tcp::send(flow.sink.socket->native_handle(), buffer_.data(), size);
    if (sent < 0 && !wouldBlock()) {
        sinkLost(flow);
        return false;
    }
    const auto taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    flow.carried += taken;
    if (taken < size) {
        flow.waiting.assign(buffer_.data() + taken, size - taken);
        waitWritable(flow);
        return false;
    }
    if (size < buffer_.size()) {  // nothing more is there, most likely
        waitReadable(flow);
        return false;
    }
    return true;
}

void Relay::waitReadable(Flow& flow) {
    flow.source.socket->async_wait(TcpSocket::wait_read, [self = shared_from_this(), &flow](const auto& error) {
        if (!error) self->pump(flow);
    });
}

void Relay::waitWritable(Flow& flow) {
    flow.sink.socket->async_wait(TcpSocket::wait_write, [self = shared_from_this(), &flow](const auto& error) {
        if (!error) self->pump(flow);
    });
}

// A source that has ended its stream is not read any more: only this says that it has reset the connection since.
void Relay::watchForReset(Flow& flow) {
    flow.source.socket->async_wait(TcpSocket::wait_error, [self = shared_from_this(), &flow](const auto& error) {
        if (error || !flow.source.socket->is_open()) return;
        if (tcp::pendingError(flow.source.socket->native_handle()) != 0) self->sourceLost(flow);
    });
}

void Relay::endOfStream(Flow& flow) {
    flow.ended = true;
    ::shutdown(flow.sink.socket->native_handle(), SHUT_WR);
    if (!to_job_.ended || !to_client_.ended) return;
    tcp::closeInOrder(*client_.socket);
    tcp::closeInOrder(*job_.socket);
    finishIfClosed();
}

void Relay::sourceLost(Flow& flow) {
    flow.ended = true;
    tcp::reset(*flow.source.socket);
    if (&flow == &to_client_) noteJobLost();
    resetWhenAllSent(flow.sink);
}

// The sink's last words may still be unread: the opposite flow reads them, passes them on and then finds the reset.
void Relay::sinkLost(Flow& flow) {
    flow.ended = true;
    flow.sink.broken = true;
    std::string().swap(flow.waiting);
    if (&flow == &to_job_) noteDelivered();
    Flow& opposite = &flow == &to_job_ ? to_client_ : to_job_;
    if (opposite.source_ended) sourceLost(opposite);
}

// What was sent before the reset must arrive before it; an immediate reset would throw away what the kernel has not
// sent yet.
void Relay::resetWhenAllSent(Side& side) {
    if (!side.socket->is_open()) {
        finishIfClosed();
        return;
    }
    boost::system::error_code ignored;
    side.socket->cancel(ignored);
    tcp::wakeWhenAllSent(side.socket->native_handle());
    side.socket->async_wait(TcpSocket::wait_write, [self = shared_from_this(), &side](const auto&) {
        tcp::reset(*side.socket);
        self->finishIfClosed();
    });
}

void Relay::noteDelivered() {
    if (delivered_) return;
    delivered_ = true;
    if (events_.delivered) events_.delivered();
}

void Relay::noteAnswered() {
    if (answered_) return;
    answered_ = true;
    if (events_.answered) events_.answered();
}

void Relay::noteJobLost() {
    if (std::exchange(answered_, true)) return;
    if (events_.broken) events_.broken();
}

void Relay::finishIfClosed() {
    if (finished_ || client_.socket->is_open() || job_.socket->is_open()) return;
    finished_ = true;
    noteDelivered();
    if (events_.ended) std::exchange(events_, {}).ended(*this);
}

}  // namespace standin::request_holder
