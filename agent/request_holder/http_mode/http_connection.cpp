#include "agent/request_holder/http_mode/http_connection.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "agent/request_holder/http_mode/http_connections.hpp"
#include "agent/request_holder/http_mode/http_exchange.hpp"

namespace standin::request_holder::http_mode {

namespace {

constexpr std::size_t read_ahead = 64U << 10;    // of a body under way, or of pipelined requests
constexpr std::size_t worth_keeping = 4U << 10;  // an idle connection keeps no larger buffer
// A client that does not close its side after the last answer is not waited for longer.
constexpr Milliseconds linger{2'000};

const char* nameOfStatus(int status) {
    switch (status) {
        case 408:
            return "Request Timeout";
        case 413:
            return "Content Too Large";
        case 417:
            return "Expectation Failed";
        case 431:
            return "Request Header Fields Too Large";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Bad Request";
    }
}

bool wouldBlock(int problem) {
    return problem == EAGAIN || problem == EWOULDBLOCK;
}

}  // namespace

HttpConnection::HttpConnection(HttpConnections& owner, TcpSocketPtr client, std::uint16_t to)
    : owner_(owner), client_(std::move(client)) {
    port = to;
}

HttpConnection::~HttpConnection() = default;

void HttpConnection::start() {
    deadlineIn(owner_.limits_.idle);
    waitClient();
}

void HttpConnection::deadlineIn(Milliseconds wait) {
    deadline_ = std::chrono::steady_clock::now() + wait;
}

void HttpConnection::waitClient() {
    if (client_ == nullptr || client_ended_ || std::exchange(client_waiting_, true)) return;
    client_->async_wait(TcpSocket::wait_read, [self = shared_from_this()](const auto& error) {
        self->client_waiting_ = false;
        if (!error && self->client_ != nullptr) self->readClient();
    });
}

std::size_t HttpConnection::roomInInbox() const {
    const auto held = static_cast<std::size_t>(owner_.hold_limits_.connection_bytes);
    const auto most = phase_ == Phase::Reading ? held : std::max(read_ahead, phase_ == Phase::Held ? inbox_.size() : 0);
    return inbox_.size() < most ? std::min(most - inbox_.size(), owner_.parts_.buffer.size()) : 0;
}

void HttpConnection::readClient() {
    if (phase_ == Phase::Closing) return drainClient();
    const auto room = roomInInbox();
    if (room == 0) return watchForReset();
    auto& buffer = owner_.parts_.buffer;
    const auto length = tcp::receive(client_->native_handle(), buffer.data(), room);
    if (length < 0) return wouldBlock(errno) ? waitClient() : clientLost();
    if (length == 0) return clientEnded();
    if (phase_ == Phase::Reading && inbox_.empty()) deadlineIn(owner_.limits_.header_wait);
    inbox_.append(buffer.data(), static_cast<std::size_t>(length));
    if (phase_ == Phase::Reading) return readRequest();
    if (phase_ == Phase::Answering && exchange_->request.state() == MessageState::Body) {
        deadlineIn(owner_.limits_.answer_wait);
        readRequest();
        if (phase_ == Phase::Answering) pumpRequest();
        return;
    }
    waitClient();
}

// Whatever still comes is thrown away: an unread byte would turn the end of the stream into a reset, and the client
// might never see the answer.
void HttpConnection::drainClient() {
    auto& buffer = owner_.parts_.buffer;
    const auto length = tcp::receive(client_->native_handle(), buffer.data(), buffer.size());
    if (length > 0 || (length < 0 && wouldBlock(errno))) return waitClient();
    close();
}

// One that is not read from is watched otherwise: a request whose client has gone must not be processed.
void HttpConnection::watchForReset() {
    if (std::exchange(watched_, true)) return;
    client_->async_wait(TcpSocket::wait_error, [self = shared_from_this()](const auto& error) {
        self->watched_ = false;
        if (error || self->client_ == nullptr) return;
        if (tcp::pendingError(self->client_->native_handle()) != 0) self->clientLost();
    });
}

void HttpConnection::clientEnded() {
    client_ended_ = true;
    if (phase_ == Phase::Held) return giveUp();
    if (phase_ == Phase::Reading) return close();
    // Its answer is due: it may have ended only its own side. Half a request is never completed now.
    if (exchange_->request.state() != MessageState::Whole) clientLost();
}

void HttpConnection::clientLost() {
    if (phase_ == Phase::Held) return giveUp();
    if (phase_ == Phase::Answering) {
        dropJob(true);
        tell(Progress::Ended);
    }
    tcp::reset(*client_);
    close();
}

void HttpConnection::giveUp() {
    const auto keep = shared_from_this();
    phase_ = Phase::Closing;
    owner_.parts_.room.giveUp(*this);
    tcp::reset(*client_);
    close();
}

void HttpConnection::readRequest() {
    if (exchange_ == nullptr) {
        while (inbox_.rfind("\r\n", 0) == 0) inbox_.erase(0, 2);  // old clients send an empty line after a body
        if (inbox_.empty()) return waitClient();
        exchange_ = std::make_unique<Exchange>(owner_.limits_.message);
    }
    auto& request = exchange_->request;
    const bool header_was_read = request.state() != MessageState::Header;
    parsed_ += request.take(std::string_view(inbox_).substr(parsed_));
    if (request.state() == MessageState::Refused) return requestRefused();
    if (phase_ != Phase::Reading) return waitClient();
    if (header_was_read || request.state() == MessageState::Body) deadlineIn(owner_.limits_.body_wait);
    const bool begins = request.state() == MessageState::Body &&
                        (request.head().expects_continue || inbox_.size() >= owner_.hold_limits_.connection_bytes);
    if (request.state() == MessageState::Whole || begins) return takePlace();
    waitClient();
}

void HttpConnection::requestRefused() {
    ++owner_.tally_.malformed;
    const auto refusal = exchange_->request.refusal();
    owner_.log_.debug("request refused with {}: {}", refusal.status, refusal.reason);
    if (phase_ == Phase::Reading) return answerItself(refusal.status, refusal.reason);
    // The machine has its beginning already: it sees a reset in place of the rest.
    dropJob(true);
    tell(Progress::Ended);
    if (!exchange_->answer_begun) return answerItself(refusal.status, refusal.reason);
    tcp::reset(*client_);
    close();
}

void HttpConnection::takePlace() {
    auto& room = owner_.parts_.room;
    auto& queue = room.queue();
    if (owner_.turning_away_) return answerItself(503, "the service has moved");
    if (room.full() || queue.bytes() + parsed_ > owner_.hold_limits_.bytes) {
        ++owner_.tally_.refused;
        return answerItself(503, "too many requests are waiting");
    }
    phase_ = Phase::Held;
    deadline_ = SteadyTime::max();  // the room has its own limit
    exchange_->kept = exchange_->request.head().safe && exchange_->request.state() == MessageState::Whole;
    room.enter(shared_from_this());
    queue.takeIn(number, std::min<std::uint64_t>(parsed_, queue.room(number)));
    exchange_->arrived = queue.arrivedAt(number);
    waitClient();
}

void HttpConnection::answerItself(int status, std::string_view reason) {
    const bool to_head = exchange_ != nullptr && exchange_->request.head().to_head;
    const auto body = fmt::format("{} {}: {}\n", status, nameOfStatus(status), reason);
    auto text = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n", status,
                            nameOfStatus(status), body.size());
    if (status == 503) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(owner_.limits_.retry_after);
        text += fmt::format("Retry-After: {}\r\n", seconds.count());
    }
    text += "Cache-Control: no-store\r\nConnection: close\r\n\r\n";
    if (!to_head) text += body;
    dropJob(true);
    phase_ = Phase::Closing;
    toClient(text);
    if (phase_ == Phase::Closing && outbox_.empty()) closeGently();
}

void HttpConnection::endUnprocessed() {
    if (phase_ == Phase::Held) answerItself(503, "no machine could process the request in time");
}

void HttpConnection::toClient(std::string_view bytes) {
    std::size_t taken = 0;
    if (outbox_.empty()) {
        const auto sent = tcp::send(client_->native_handle(), bytes.data(), bytes.size());
        if (sent < 0 && !wouldBlock(errno)) return clientLost();
        taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
        owner_.tally_.bytes_to_client += taken;
    }
    if (taken == bytes.size()) return;
    outbox_.append(bytes.substr(taken));
    waitClientWritable();
}

void HttpConnection::waitClientWritable() {
    if (std::exchange(client_writing_, true)) return;
    client_->async_wait(TcpSocket::wait_write, [self = shared_from_this()](const auto& error) {
        self->client_writing_ = false;
        if (error || self->client_ == nullptr) return;
        const auto sent = tcp::send(self->client_->native_handle(), self->outbox_.data(), self->outbox_.size());
        if (sent < 0 && !wouldBlock(errno)) return self->clientLost();
        if (sent > 0) {
            self->owner_.tally_.bytes_to_client += static_cast<std::uint64_t>(sent);
            self->outbox_.erase(0, static_cast<std::size_t>(sent));
        }
        self->outbox_.empty() ? self->flushed() : self->waitClientWritable();
    });
}

void HttpConnection::flushed() {
    std::string().swap(outbox_);
    if (phase_ == Phase::Closing) return closeGently();
    if (phase_ != Phase::Answering) return;
    deadlineIn(owner_.limits_.answer_wait);
    if (exchange_->answer->state() == MessageState::Whole) return finishAnswer();
    readJob();
}

void HttpConnection::closeGently() {
    phase_ = Phase::Closing;
    dropJob(false);
    deadlineIn(linger);
    if (!outbox_.empty()) return;  // once the client has taken it
    if (client_ended_) return close();
    ::shutdown(client_->native_handle(), SHUT_WR);
    waitClient();
}

void HttpConnection::close() {
    const auto keep = shared_from_this();
    phase_ = Phase::Closed;
    dropJob(false);
    if (client_ != nullptr) tcp::closeInOrder(*client_);
    client_.reset();
    exchange_.reset();
    owner_.forget(keep);
}

void HttpConnection::abort() {
    if (phase_ == Phase::Answering && !exchange_->answer_begun)
        return answerItself(502, "the request was handed on, and its answer is not known");
    dropJob(true);
    if (phase_ != Phase::Closing) tcp::reset(*client_);
    close();
}

void HttpConnection::checkTime(SteadyTime now) {
    if (now < deadline_ || phase_ == Phase::Closed) return;
    if (phase_ == Phase::Reading) {
        if (inbox_.empty()) return closeGently();
        return answerItself(408, "the request was not complete in time");
    }
    if (phase_ == Phase::Answering && !exchange_->answer_begun) {
        ++owner_.tally_.broken;
        owner_.log_.warning("request {}: no answer within {} s", number, owner_.limits_.answer_wait.count() / 1000);
        tell(Progress::Ended);
        return answerItself(504, "the machine did not answer in time");
    }
    if (phase_ == Phase::Answering) {
        ++owner_.tally_.broken;
        tell(Progress::Ended);
    }
    dropJob(true);
    tcp::reset(*client_);
    close();
}

}  // namespace standin::request_holder::http_mode
